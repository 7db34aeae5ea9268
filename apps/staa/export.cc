#include "staa/deploy/export.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "command.h"
#include "staa/train/trained.h"
#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

struct Options {
  std::string run;
  std::string output;
  std::string checkpoint = "best";
  bool int8 = false;
};

int export_command(const Options& options) {
  const auto trained = train::open_trained(options.run, options.checkpoint);
  const auto& recipe = trained.recipe;
  deploy::export_model(*trained.network, trained.input,
                       options.int8 ? deploy::WeightType::kInt8 : deploy::WeightType::kFp32,
                       options.output);
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(options.output));
  std::cout << fmt::format("{}: {} of width {}, T = {}, {}, {} bytes\n", options.output,
                           recipe.model.network, recipe.model.width, recipe.model.steps,
                           options.int8 ? "int8" : "fp32", with_thousands(bytes));
  return 0;
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("export",
                                     "Write a trained network as a file that staa-run and the "
                                     "runtime library take");
  command->add_option("run", options->run, "Folder of the run")->required()->type_name("DIR");
  command->add_option("-o,--output", options->output, "The file to write")
      ->required()
      ->type_name("FILE");
  command->add_option("-c,--checkpoint", options->checkpoint, "Which weights")
      ->check(CLI::IsMember({"best", "last"}))
      ->capture_default_str();
  command->add_flag("--int8", options->int8, "Weights of 8 bits, a scale an output channel");
  command->callback(
      [options, &action] { action = [options] { return export_command(*options); }; });
}

}  // namespace staa::app
