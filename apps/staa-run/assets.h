#pragma once

namespace staa::app {

/// The text of assets/live.html.
extern const char* const kLivePage;

}  // namespace staa::app
