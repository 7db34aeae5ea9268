#pragma once

namespace staa::app {

/// Ignores the stop signals again that were ignored when the program was started, as under nohup.
/// Call it first in main(): the initialisers of shared libraries may have installed handlers (UCX,
/// which Debian's LibTorch brings along with MPI, installs one for SIGHUP).
void ignore_signals_again();

}  // namespace staa::app
