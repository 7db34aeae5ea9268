#include "staa/nir/import.h"

#include <fmt/format.h>

#include <cstdio>
#include <iostream>
#include <memory>

#include "cli/command.h"
#include "staa/nir/read.h"
#include "staa/util/error.h"
#include "staa/util/file.h"
#include "staa/util/output.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

struct ImportOptions {
  std::string input;
  std::string output;
  std::string discretisation = "euler";
  std::string dt;
  std::string reset = "file";
  std::int64_t steps = 0;
};

/// Converts "1ms", "100us", "0.5ms" or "0.001s" to seconds.
double parse_dt(const std::string& text) {
  double number = 0;
  char unit[3] = "";
  int end = 0;
  const int read = std::sscanf(text.c_str(), "%lf%2[mus]%n", &number, unit, &end);
  const std::string name = unit;
  const double factor = name == "s" ? 1 : name == "ms" ? 1e-3 : name == "us" ? 1e-6 : 0;
  if (read == 2 && static_cast<std::size_t>(end) == text.size() && number > 0 && number < 1e6 &&
      factor > 0) {
    return number * factor;
  }
  fail(ErrorKind::kUsage, "--dt: expected a time such as 1ms, 100us or 0.001s, found '{}'", text);
}

void describe(const ImportOptions& options, const nir::Imported& imported) {
  const auto& graph = imported.graph;
  auto& out = beside(options.output);
  out << fmt::format("{}: {} nodes, input {}, output {}, {} bytes\n", options.output,
                     graph.layers.size(), format::describe_shape(graph.input),
                     format::describe_shape(graph.layers.back().shape),
                     with_thousands(static_cast<std::int64_t>(imported.file.size())));
  if (imported.has_time) {
    const auto* origin = !options.dt.empty()  ? "as asked for"
                         : imported.stated_dt ? "as the file states"
                                              : "which the file does not state: the usual one";
    out << fmt::format("steps of {:g} s, {}; {}\n", graph.dt, origin,
                       options.discretisation == "euler" ? "forward Euler" : "exponential decay");
  }
  for (const auto& layer : graph.layers) {
    for (const auto late : layer.late) {
      out << fmt::format("'{}' reads '{}' of the step before\n", layer.name,
                         graph.layers[late].name);
    }
  }
}

int import_command(const ImportOptions& options) {
  nir::ImportOptions chosen;
  chosen.discretisation = options.discretisation == "euler" ? nir::Discretisation::kEuler
                                                            : nir::Discretisation::kExponential;
  if (!options.dt.empty()) chosen.dt = parse_dt(options.dt);
  chosen.subtract = options.reset == "subtract";
  chosen.steps = options.steps;
  const auto imported = nir::import_graph(nir::read(options.input), chosen, options.input);
  write_file_atomically(options.output, imported.file);
  describe(options, imported);
  return 0;
}

}  // namespace

void add_import(CLI::App& app, Action& action) {
  auto options = std::make_shared<ImportOptions>();
  auto* command = app.add_subcommand(
      "import",
      "Turn a network in NIR (HDF5) into a file that staa-run and the runtime library take");
  command->add_option("input", options->input, "The file in NIR")->required()->type_name("FILE");
  command->add_option("-o,--output", options->output, "The file to write")
      ->required()
      ->type_name("FILE");
  command
      ->add_option("--dt", options->dt,
                   "Time of a step, such as 1ms or 100us; without it what the file's metadata "
                   "state, else 100us, as snnTorch takes it")
      ->type_name("TIME");
  command
      ->add_option("--discretisation", options->discretisation,
                   "How equations become steps: euler (snnTorch, Norse) or exponential (Sinabs)")
      ->check(CLI::IsMember({"euler", "exponential"}))
      ->capture_default_str();
  command
      ->add_option("--reset", options->reset,
                   "What a spike does to the membrane: sets it to v_reset, as the file defines it, "
                   "or lowers it by the threshold, as some networks were trained (subtract)")
      ->check(CLI::IsMember({"file", "subtract"}))
      ->capture_default_str();
  command
      ->add_option("--steps", options->steps,
                   "Steps of an input where staa-run is not told (0: what the file's metadata "
                   "state, else 100)")
      ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 20))
      ->type_name("N")
      ->capture_default_str();
  command->callback(
      [options, &action] { action = [options] { return import_command(*options); }; });
}

}  // namespace staa::app
