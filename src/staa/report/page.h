#pragma once

#include <string>
#include <vector>

#include "staa/report/run.h"

namespace staa::report {

/// Who made the page.
struct PageFacts {
  std::string made;     ///< when, "2026-01-31T12:00:00Z"
  std::string version;  ///< of staa
};

/// One HTML page on all runs that needs nothing but itself: style, script, figures and pictures are
/// in it, and its content security policy forbids the browser to fetch anything. Runs are told
/// apart by colour and name. Text that comes from files is escaped.
std::string render_page(const std::vector<Run>& runs, const PageFacts& facts);

}  // namespace staa::report
