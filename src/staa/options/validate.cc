#include "staa/options/validate.h"

#include <cmath>

#include "staa/options/network_table.h"
#include "staa/options/neuron_table.h"
#include "staa/util/error.h"

namespace staa {
namespace {

template <typename Value>
void require(bool ok, const char* option, const char* expected, Value found) {
  if (!ok) fail(ErrorKind::kUsage, "{}: expected {}, found {}", option, expected, found);
}

/// Throws if a number in `options` is outside of the range in `option`.
template <class Options, class Option>
void require_in_range(const Options& options, const Option& option) {
  const auto& value = options.*option.member;
  using Value = std::decay_t<decltype(value)>;
  if constexpr (std::is_same_v<Value, double> || std::is_same_v<Value, std::int64_t>) {
    const auto allowed = describe(option.range);
    require(contains(option.range, static_cast<double>(value)), option.name,
            allowed.empty() ? "a finite number" : allowed.c_str(), value);
  }
}

}  // namespace

void validate(const NeuronOptions& o) {
  for_each_neuron_option([&](NeuronPart, const auto& option) { require_in_range(o, option); });
  require(o.sa_gain == SaGain::kInside || o.sa_alpha > 0, "sa_alpha",
          "more than 0 with sa_gain = \"outside\"", o.sa_alpha);
  require(o.reset < o.threshold, "reset", "less than the threshold", o.reset);
}

void validate(const models::ModelOptions& o) {
  const models::ModelOptions defaults;
  for_each_model_option([&](const auto& option, const std::string& network) {
    require_in_range(o, option);
    if (network.empty() || network == o.network) return;
    if (o.*option.member == defaults.*option.member) return;
    fail(ErrorKind::kUsage, "{}: is an option of {}, and the network is {}", option.name, network,
         o.network);
  });
}

void validate(const models::NetworkOptions& o) {
  validate(static_cast<const models::ModelOptions&>(o));
  require(o.in_channels >= 1 && o.in_channels <= 4096, "in_channels", "1 to 4096", o.in_channels);
  require(o.classes >= 1 && o.classes <= 1000000, "classes", "1 to 1000000", o.classes);
  validate(o.neuron);
}

}  // namespace staa
