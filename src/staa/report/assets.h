#pragma once

namespace staa::report {

// The texts of assets/, which embed.cmake compiles into the program.
extern const char* const kPageStyle;    // assets/page.css
extern const char* const kChartScript;  // assets/charts.js

}  // namespace staa::report
