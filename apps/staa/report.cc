#include <fmt/format.h>

#include <iostream>
#include <map>
#include <memory>

#include "command.h"
#include "staa/report/collect.h"
#include "staa/report/page.h"
#include "staa/util/file.h"
#include "staa/util/output.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

struct ReportOptions {
  std::vector<std::string> runs;
  std::string out = "report.html";
  report::CollectOptions collect;
};

/// Names runs by their whole paths if their folders have the same name.
void tell_apart(std::vector<report::Run>& runs) {
  std::map<std::string, int> count;
  for (const auto& run : runs) ++count[run.name];
  for (auto& run : runs) {
    if (count[run.name] > 1) run.name = run.folder;
  }
}

int report_command(const ReportOptions& options) {
  std::vector<report::Run> runs;
  for (const auto& folder : options.runs) {
    runs.push_back(report::collect(folder, options.collect));
    for (const auto& note : runs.back().missing) {
      std::cerr << fmt::format("staa: note: {}: {}\n", folder, note);
    }
  }
  tell_apart(runs);
  const auto page = report::render_page(runs, {utc_now("%Y-%m-%d %H:%M UTC"), STAA_VERSION});
  write_file_atomically(options.out, page);
  beside(options.out) << fmt::format("{}: {} run{}, {} bytes\n", options.out, runs.size(),
                                     runs.size() == 1 ? "" : "s",
                                     with_thousands(static_cast<std::int64_t>(page.size())));
  return 0;
}

}  // namespace

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
  command->add_option("-c,--checkpoint", collect.checkpoint, "Which weights")
      ->check(CLI::IsMember({"best", "last"}))
      ->capture_default_str();
  command->add_option("-s,--set", collect.overrides, "Set a key of the recipes, such as data.path")
      ->type_name("KEY=VALUE");
  command->callback(
      [options, &action] { action = [options] { return report_command(*options); }; });
}

}  // namespace staa::app
