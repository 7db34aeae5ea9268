#pragma once

namespace staa::report {

// The texts of assets/, put into the program by embed.cmake.
extern const char* const kPageStyle;    // assets/page.css
extern const char* const kChartScript;  // assets/charts.js

}  // namespace staa::report
