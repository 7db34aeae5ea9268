#include "cli/report.h"

#include <memory>

#include "cli/command.h"

namespace staa::app {

void add_report(CLI::App& app, Action& action) {
  auto options = std::make_shared<ReportOptions>();
  auto& collect = options->collect;
  auto* command = app.add_subcommand(
      "report", "Write one HTML page on one or several runs: curves, energy, errors, maps");
  command->add_option("runs", options->runs, "Folders of runs, laid over each other")
      ->required()
      ->type_name("DIR");
  command->add_option("-o,--out", options->out, "Page to write")
      ->type_name("FILE")
      ->capture_default_str();
  command->add_option("-n,--images", collect.images, "Test images to average energy over")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--worst", collect.worst, "Misclassified samples to show")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  command->add_option("--sample", collect.samples, "Test samples to draw maps of")
      ->check(CLI::NonNegativeNumber)
      ->type_name("N")
      ->capture_default_str();
  add_checkpoint(*command, collect.checkpoint, "Which weights");
  command->add_option("-s,--set", collect.overrides, "Set a key of the recipes, such as data.path")
      ->type_name("KEY=VALUE");
  command->callback(
      [options, &action] { action = [options] { return report_command(*options); }; });
}

}  // namespace staa::app
