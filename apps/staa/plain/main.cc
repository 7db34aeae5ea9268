#include "cli/program.h"
#include "plain/torch_commands.h"

int main(int argc, char** argv) {
  using namespace staa::app;
  remember_arguments(argv);
  return run_program(argc, argv,
                     {add_train, add_eval, add_profile, add_experiment, add_gradcam, add_report,
                      add_export, add_import, add_data, add_info, add_completion, add_manual},
                     [](const std::exception& error) { return std::string(error.what()); });
}
