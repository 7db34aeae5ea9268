#include "printing.h"

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

namespace staa::app {

void print_result(const runtime::Model& model, const ModelInput& sample,
                  const runtime::Prediction& found, const runtime::Activity& activity,
                  double milliseconds, bool json) {
  const auto& label = model.classes()[found.label];
  if (json) {
    nlohmann::ordered_json object{{"input", sample.name},
                                  {"class", label},
                                  {"probability", found.probability},
                                  {"steps", found.steps},
                                  {"milliseconds", milliseconds},
                                  {"spikes", activity.spikes},
                                  {"energy_mj", activity.energy_mj()}};
    if (sample.label) object["label"] = model.classes()[*sample.label];
    std::cout << object.dump() << '\n' << std::flush;
    return;
  }
  std::cout << fmt::format(
                   "{}: {} ({:.1f} %), {} steps, {:.2f} ms, {} spikes ({:.1f} % fire), {:.4f} mJ\n",
                   sample.name, label, 100 * found.probability, found.steps, milliseconds,
                   activity.spikes, 100 * activity.firing_rate(), activity.energy_mj())
            << std::flush;
}

void print_totals(const Totals& totals, bool json) {
  if (totals.images == 0) return;
  const auto count = static_cast<double>(totals.images);
  const double rate =
      totals.threads > 1 ? count / totals.seconds : 1000 * count / totals.milliseconds;
  constexpr double kMib = 1024.0 * 1024.0;
  const double accuracy = totals.labelled == 0 ? 0
                                               : static_cast<double>(totals.correct) /
                                                     static_cast<double>(totals.labelled);
  if (json) {
    nlohmann::ordered_json object{{"images", totals.images},
                                  {"images_per_s", rate},
                                  {"threads", totals.threads},
                                  {"mean_milliseconds", totals.milliseconds / count},
                                  {"weight_bytes", totals.weight_bytes},
                                  {"session_bytes", totals.session_bytes},
                                  {"mean_steps", static_cast<double>(totals.steps) / count},
                                  {"firing_rate", totals.firing_rate / count}};
    if (totals.labelled > 0) object["accuracy"] = accuracy;
    std::cout << object.dump() << '\n';
    return;
  }
  std::cout << fmt::format("{} images, {:.1f} images/s, {:.2f} steps and {:.1f} % fire on average",
                           totals.images, rate, static_cast<double>(totals.steps) / count,
                           100 * totals.firing_rate / count);
  if (totals.threads > 1) {
    std::cout << fmt::format(
        "; {} threads, {:.2f} ms per image on each; {:.1f} MiB of weights and {:.1f} MiB of "
        "sessions",
        totals.threads, totals.milliseconds / count,
        static_cast<double>(totals.weight_bytes) / kMib,
        static_cast<double>(totals.session_bytes) / kMib);
  }
  if (totals.labelled > 0) {
    std::cout << fmt::format(", {:.2f} % of {} right", 100 * accuracy, totals.labelled);
  }
  std::cout << '\n';
}

void StepPrinter::print(const ModelInput& sample, const runtime::Session& session,
                        std::size_t step) {
  const auto& sums = session.output_sums();
  std::vector<float> outputs(sums.size());
  for (std::size_t i = 0; i < sums.size(); ++i) outputs[i] = sums[i] - before_[i];
  before_ = sums;
  std::cout
      << nlohmann::ordered_json{{"input", sample.name}, {"step", step}, {"outputs", outputs}}.dump()
      << '\n';
}

}  // namespace staa::app
