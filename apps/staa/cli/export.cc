#include "cli/export.h"

#include <memory>

#include "cli/command.h"

namespace staa::app {

void add_export(CLI::App& app, Action& action) {
  auto options = std::make_shared<ExportOptions>();
  auto* command = app.add_subcommand("export",
                                     "Write a trained network as a file that staa-run and the "
                                     "runtime library take, or in NIR for other frameworks");
  command->add_option("run", options->run, "Folder of the run")->required()->type_name("DIR");
  command
      ->add_option("-o,--output", options->output,
                   "The file to write; a name that ends in .nir selects NIR, which supports only "
                   "networks of LIF neurons")
      ->required()
      ->type_name("FILE");
  add_checkpoint(*command, options->checkpoint, "Which weights");
  auto* precision =
      command
          ->add_option(
              "--precision", options->precision,
              "Of the convolutions' weights: fp32; bf16; int16 or int8, whole numbers with "
              "a scale per output channel")
          ->check(CLI::IsMember({"fp32", "bf16", "int16", "int8"}))
          ->capture_default_str();
  command
      ->add_flag_callback(
          "--int8", [options] { options->precision = "int8"; }, "The same as --precision int8")
      ->excludes(precision);
  command
      ->add_option("--within", options->within,
                   "Largest accepted change of the accuracy, in percentage points, by 8-bit "
                   "weights: up to eight roundings are tried on training images until one changes "
                   "it by at most half of this, and the chosen one is measured on the test images "
                   "(0: the first rounding, unchecked)")
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command->callback(
      [options, &action] { action = [options] { return export_command(*options); }; });
}

}  // namespace staa::app
