// The commands that need LibTorch. `staa` becomes this program when it has parsed one of them.

#include <c10/util/Exception.h>

#include "cli/program.h"
#include "commands/ignored_signals.h"

namespace staa::app {
namespace {

/// LibTorch's exceptions bring a backtrace along, which says nothing to a user.
std::string describe(const std::exception& error) {
  const auto* torch = dynamic_cast<const c10::Error*>(&error);
  return torch != nullptr ? torch->what_without_backtrace() : error.what();
}

}  // namespace
}  // namespace staa::app

int main(int argc, char** argv) {
  using namespace staa::app;
  ignore_signals_again();
  return run_program(argc, argv,
                     {add_train, add_eval, add_profile, add_experiment, add_gradcam, add_report,
                      add_export, add_info},
                     describe);
}
