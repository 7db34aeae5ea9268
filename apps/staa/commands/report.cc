#include "cli/report.h"

#include <fmt/format.h>

#include <iostream>
#include <map>

#include "staa/report/collect.h"
#include "staa/report/page.h"
#include "staa/util/file.h"
#include "staa/util/output.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

/// Names runs by their whole paths if their folders have the same name.
void tell_apart(std::vector<report::RunData>& runs) {
  std::map<std::string, int> count;
  for (const auto& run : runs) ++count[run.name];
  for (auto& run : runs) {
    if (count[run.name] > 1) run.name = run.folder;
  }
}

}  // namespace

int report_command(const ReportOptions& options) {
  std::vector<report::RunData> runs;
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

}  // namespace staa::app
