#include "staa/deploy/export.h"

#include <fmt/format.h>

#include <iostream>
#include <memory>

#include "command.h"
#include "staa/data/sets/open.h"
#include "staa/deploy/checked_export.h"
#include "staa/nir/from_model.h"
#include "staa/nir/write.h"
#include "staa/run/data.h"
#include "staa/run/trained.h"
#include "staa/util/error.h"
#include "staa/util/file.h"
#include "staa/util/output.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

struct Options {
  std::string run;
  std::string output;
  std::string checkpoint = "best";
  bool int8 = false;
  double within = 0.1;
};

/// The run's test images as the runtime takes them; null for what is not still images of one shape.
std::shared_ptr<const data::Dataset> test_images(const recipe::Recipe& recipe) {
  if (recipe::is_event_set(recipe.data.set) || recipe.augment.random_resized_crop > 0) return {};
  auto options = run::data_options(recipe);
  options.limit_train = 1;
  return data::open_dataset(options).test;
}

/// 8 bits, checked on the test images where they are at hand.
void export_int8(const run::Trained& trained, const Options& options) {
  std::string why = "no still images";
  std::shared_ptr<const data::Dataset> images;
  try {
    if (options.within > 0) images = test_images(trained.recipe);
  } catch (const Error& error) {
    why = error.what();
  }
  if (images == nullptr) {
    deploy::export_model(*trained.network, trained.input, deploy::WeightType::kInt8,
                         options.output);
    if (options.within > 0) std::cerr << "accuracy with 8 bits not checked: " << why << '\n';
    return;
  }
  const auto found =
      deploy::export_int8(*trained.network, trained.input, *images, options.within, options.output);
  beside(options.output) << fmt::format(
      "{:.2f} % of {} test images right, {:.2f} % with fp32 weights; {} {}\n", found.int8,
      with_thousands(images->size()), found.fp32, found.roundings,
      found.roundings == 1 ? "rounding" : "roundings tried");
}

/// A graph of NIR, which knows floats alone.
void export_nir(const run::Trained& trained, const Options& options) {
  if (options.int8) fail(ErrorKind::kUsage, "--int8: files in NIR hold weights as floats");
  const format::ModelFile model(
      deploy::model_file(*trained.network, trained.input, deploy::WeightType::kFp32), options.run);
  write_file_atomically(options.output, nir::to_hdf5(nir::from_model(model, options.run)));
}

int export_command(const Options& options) {
  const auto trained = run::open_trained(options.run, options.checkpoint);
  const auto& recipe = trained.recipe;
  const bool in_nir = std::filesystem::path(options.output).extension() == ".nir";
  if (in_nir) {
    export_nir(trained, options);
  } else if (options.int8) {
    export_int8(trained, options);
  } else {
    deploy::export_model(*trained.network, trained.input, deploy::WeightType::kFp32,
                         options.output);
  }
  std::error_code no_file;  // a device or a FIFO has no size
  const auto bytes = std::filesystem::file_size(options.output, no_file);
  beside(options.output) << fmt::format(
      "{}: {} of width {}, T = {}, {}{}\n", options.output, recipe.model.network,
      recipe.model.width, recipe.model.steps, options.int8 ? "int8" : "fp32",
      no_file ? "" : fmt::format(", {} bytes", with_thousands(static_cast<std::int64_t>(bytes))));
  return 0;
}

}  // namespace

void add_export(CLI::App& app, Action& action) {
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("export",
                                     "Write a trained network as a file that staa-run and the "
                                     "runtime library take, or in NIR for other frameworks");
  command->add_option("run", options->run, "Folder of the run")->required()->type_name("DIR");
  command
      ->add_option(
          "-o,--output", options->output,
          "The file to write; one that ends in .nir is in NIR, which has a place for networks of "
          "LIF neurons alone")
      ->required()
      ->type_name("FILE");
  command->add_option("-c,--checkpoint", options->checkpoint, "Which weights")
      ->check(CLI::IsMember({"best", "last"}))
      ->capture_default_str();
  auto* int8 = command->add_flag("--int8", options->int8,
                                 "Weights of 8 bits, with a scale per output channel");
  command
      ->add_option("--within", options->within,
                   "Points of accuracy on the test images by which 8 bits may differ: up to eight "
                   "roundings are tried until one differs by half of that at most (0: take the "
                   "first, unchecked)")
      ->needs(int8)
      ->check(CLI::Range(0.0, 100.0))
      ->capture_default_str();
  command->callback(
      [options, &action] { action = [options] { return export_command(*options); }; });
}

}  // namespace staa::app
