#pragma once

namespace staa::app {

/// assets/live.html
extern const char* const kLivePage;

}  // namespace staa::app
