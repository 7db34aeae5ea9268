#include <torch/types.h>

#include <cstdio>
#include <filesystem>
#include <new>
#include <string>

#include "command.h"
#include "ignored_signals.h"
#include "staa/util/blas.h"
#include "staa/util/error.h"
#include "staa/util/memory.h"
#include "staa/util/output.h"

namespace staa::app {
namespace {

constexpr int kFailure = 1;
constexpr int kUsage = 2;

int complain(const std::string& message, int code) {
  std::fprintf(stderr, "staa: error: %s\n", message.c_str());
  return code;
}

int run(int argc, char** argv) {
  keep_freed_memory();
  keep_blas_to_its_caller();
  CLI::App app{
      "Trains and runs spiking neural networks with spatial-temporal attention (STAA-SNN)"};
  app.set_version_flag("--version", STAA_VERSION);
  app.footer("Start with: staa train configs/quickstart.toml --out runs/quickstart");
  Action action;
  add_train(app, action);
  add_eval(app, action);
  add_profile(app, action);
  add_experiment(app, action);
  add_gradcam(app, action);
  add_report(app, action);
  add_export(app, action);
  add_import(app, action);
  add_data(app, action);
  add_info(app, action);
  add_completion(app, action);
  add_manual(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 prints the help, the version or an error message; every error is a usage error.
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (!action) return complain("expected a command; see staa --help", kUsage);
  try {
    return action();
  } catch (const Error& error) {
    return complain(error.what(), error.exit_code());
  } catch (const c10::Error& error) {
    return complain(error.what_without_backtrace(), kFailure);
  } catch (const std::filesystem::filesystem_error& error) {
    return complain(fmt::format("{}: {}", error.path1().string(), error.code().message()),
                    kFailure);
  } catch (const std::bad_alloc&) {
    return complain("out of memory: try a smaller train.batch or model.width", kFailure);
  } catch (const std::exception& error) {
    return complain(error.what(), kFailure);
  }
}

}  // namespace
}  // namespace staa::app

int main(int argc, char** argv) {
  staa::app::ignore_signals_again();
  return staa::finish_output("staa", staa::app::run(argc, argv));
}
