#include "staa/options/validate.h"

#include <cmath>

#include "staa/options/neuron_table.h"
#include "staa/util/error.h"

namespace staa {
namespace {

template <typename Value>
void require(bool ok, const char* option, const char* expected, Value found) {
  if (!ok) fail(ErrorKind::kUsage, "{}: expected {}, found {}", option, expected, found);
}

}  // namespace

void validate(const NeuronOptions& o) {
  for_each_neuron_option([&](NeuronPart, const auto& option) {
    using Value = std::decay_t<decltype(o.*option.member)>;
    if constexpr (std::is_same_v<Value, double> || std::is_same_v<Value, std::int64_t>) {
      const auto allowed = describe(option.range);
      require(contains(option.range, static_cast<double>(o.*option.member)), option.name,
              allowed.empty() ? "a finite number" : allowed.c_str(), o.*option.member);
    }
  });
  require(o.sa_gain == SaGain::kInside || o.sa_alpha > 0, "sa_alpha",
          "more than 0 with sa_gain = \"outside\"", o.sa_alpha);
  require(o.reset < o.threshold, "reset", "less than the threshold", o.reset);
}

void validate(const models::NetworkOptions& o) {
  require(std::isfinite(o.width) && o.width > 0 && o.width <= 64, "width",
          "more than 0, at most 64", o.width);
  require(o.steps >= 1 && o.steps <= 4096, "steps", "1 to 4096", o.steps);
  require(o.in_channels >= 1 && o.in_channels <= 4096, "in_channels", "1 to 4096", o.in_channels);
  require(o.classes >= 1 && o.classes <= 1000000, "classes", "1 to 1000000", o.classes);
  require(o.residual_gain >= 0 && std::isfinite(o.residual_gain), "residual_gain", "at least 0",
          o.residual_gain);
  require(o.norm_momentum > 0 && o.norm_momentum <= 1, "norm_momentum", "above 0 to 1",
          o.norm_momentum);
  require(o.head_scale > 0 && std::isfinite(o.head_scale), "head_scale", "above 0", o.head_scale);
  require(o.shortcut == CurrentShortcut::kNone || o.network == "vgg7", "shortcut",
          "\"none\" for a network other than vgg7", std::string("current"));
  require(!o.whitening || o.network == "vgg7", "whitening", "false for a network other than vgg7",
          "true");
  require(o.pooling == Pooling::kAverage || o.network == "vgg13", "pooling",
          "\"average\" for a network other than vgg13", std::string("max"));
  validate(o.neuron);
}

}  // namespace staa
