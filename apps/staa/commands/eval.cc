#include "cli/eval.h"

#include <fmt/format.h>

#include <iostream>
#include <nlohmann/json.hpp>

#include "staa/inputs/open.h"
#include "staa/run/device.h"
#include "staa/run/trained.h"
#include "staa/train/evaluate.h"
#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::app {

int eval_command(const EvalOptions& options) {
  const auto trained = run::open_trained(options.run, options.checkpoint, options.overrides);
  run::set_threads(trained.recipe.threads);
  const auto device = run::choose_device(trained.recipe);
  trained.network->to(device);
  const auto test = inputs::open_data(trained.recipe, &trained.input).test;
  const auto loader = inputs::evaluation_loader(test, trained.recipe);
  const auto result =
      train::evaluate({trained.network, train::StillInput::kSequence}, *loader, device);

  for (const auto& reason : result.skipped) std::cerr << "staa: skipped: " << reason << '\n';
  if (const auto remark = test->remark(); !remark.empty()) {
    std::cerr << "staa: warning: " << remark << '\n';
  }
  if (options.json) {
    const nlohmann::ordered_json object{{"top1", result.top1},
                                        {"top5", result.top5},
                                        {"loss", result.loss},
                                        {"samples", result.samples},
                                        {"skipped", result.skipped.size()},
                                        {"checkpoint", options.checkpoint},
                                        {"epoch", trained.progress.epoch}};
    std::cout << object.dump() << '\n';
  } else {
    std::cout << fmt::format(
        "{} ({} checkpoint, epoch {}): top-1 {:.2f} %, top-5 {:.2f} %, loss "
        "{:.4f} on {} samples of {}\n",
        options.run, options.checkpoint, trained.progress.epoch, result.top1, result.top5,
        result.loss, with_thousands(result.samples), test->name());
  }
  return 0;
}

}  // namespace staa::app
