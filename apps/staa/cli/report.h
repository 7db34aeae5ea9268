#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/report/collect.h"

namespace staa::app {

/// The command line of `staa report`.
struct ReportOptions {
  std::vector<std::string> runs;
  std::string out = "report.html";
  report::CollectOptions collect;
};

/// Runs `staa report` and returns the exit code.
int report_command(const ReportOptions& options);

}  // namespace staa::app
