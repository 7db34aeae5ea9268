#pragma once

namespace staa::app {

/// Keeps the command line for the program that runs the commands with LibTorch.
void remember_arguments(char** argv);

}  // namespace staa::app
