#pragma once

#include <string>
#include <vector>

#include "staa/report/run.h"

namespace staa::report {

/// How the page was made.
struct PageFacts {
  std::string made;     ///< the time, "2026-01-31T12:00:00Z"
  std::string version;  ///< of staa
};

/// Makes one self-contained HTML page about all runs: style, script, figures and pictures are
/// embedded, and its content security policy forbids the browser to fetch anything. Runs are
/// identified by colour and name. Text from files is escaped.
std::string render_page(const std::vector<RunData>& runs, const PageFacts& facts);

}  // namespace staa::report
