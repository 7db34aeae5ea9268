#include "cli/program.h"

#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <new>

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

int parse_and_run(int argc, char** argv, const std::vector<AddCommand>& commands,
                  Describe describe) {
  CLI::App app{
      "Trains and runs spiking neural networks with spatial-temporal attention (STAA-SNN)"};
  app.set_version_flag("--version", STAA_VERSION);
  app.footer("Start with: staa train configs/quickstart.toml --out runs/quickstart");
  Action action;
  for (const auto add : commands) add(app, action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 prints help, version or the complaint; every complaint is a usage error.
    return app.exit(error) == 0 ? 0 : kUsage;
  }
  if (!action) return complain("expected a command; see staa --help", kUsage);
  try {
    return action();
  } catch (const Error& error) {
    return complain(error.what(), error.exit_code());
  } catch (const std::filesystem::filesystem_error& error) {
    return complain(fmt::format("{}: {}", error.path1().string(), error.code().message()),
                    kFailure);
  } catch (const std::bad_alloc&) {
    return complain("out of memory: try a smaller train.batch or model.width", kFailure);
  } catch (const std::exception& error) {
    return complain(describe(error), kFailure);
  }
}

}  // namespace

int run_program(int argc, char** argv, const std::vector<AddCommand>& commands, Describe describe) {
  keep_freed_memory();
  keep_blas_to_its_caller();
  return finish_output("staa", parse_and_run(argc, argv, commands, describe));
}

}  // namespace staa::app
