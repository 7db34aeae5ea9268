#include "staa/deploy/export.h"

#include <fmt/format.h>

#include <iostream>
#include <optional>

#include "cli/export.h"
#include "staa/data/sets/open.h"
#include "staa/deploy/checked_export.h"
#include "staa/inputs/open.h"
#include "staa/nir/from_model.h"
#include "staa/nir/write.h"
#include "staa/run/trained.h"
#include "staa/util/error.h"
#include "staa/util/file.h"
#include "staa/util/output.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

/// The run's images for the runtime; nothing unless they are still images of one shape.
std::optional<data::Splits> images_of(const recipe::Recipe& recipe) {
  if (recipe::is_event_set(recipe.data.set) || recipe.augment.random_resized_crop > 0) return {};
  return data::open_dataset(inputs::data_options(recipe));
}

std::string percent(double value) { return fmt::format("{:.2f} %", value); }

/// Exports rounded weights and checks them on the run's images if these are available.
void export_rounded(const run::Trained& trained, const ExportOptions& options,
                    format::Weights weights) {
  std::string why = "no still images";
  std::optional<data::Splits> images;
  try {
    if (options.within > 0) images = images_of(trained.recipe);
  } catch (const Error& error) {
    why = error.what();
  }
  if (!images) {
    deploy::export_model(*trained.network, trained.input, weights, options.output);
    if (options.within > 0) {
      std::cerr << "accuracy with " << options.precision << " weights not checked: " << why << '\n';
    }
    return;
  }
  const auto found =
      deploy::export_rounded(*trained.network, trained.input, weights, *images->train,
                             *images->test, options.within, options.output);
  const auto& test = found.test;
  if (weights == format::Weights::kInt8) {
    beside(options.output) << fmt::format(
        "{} on {} training images: accuracy {}, with fp32 weights {}\n",
        found.roundings == 1 ? "first rounding, tried"
                             : fmt::format("closest of {} roundings, tried", found.roundings),
        with_thousands(found.calibration.images), percent(found.calibration.rounded),
        percent(found.calibration.fp32));
  }
  beside(options.output) << fmt::format(
      "accuracy {} on {} test images, with fp32 weights {}; the predicted class is the same for "
      "{}\n",
      percent(test.rounded), with_thousands(test.images), percent(test.fp32),
      with_thousands(test.same));
}

/// Exports a NIR graph, whose weights are always floats.
void export_nir(const run::Trained& trained, const ExportOptions& options,
                format::Weights weights) {
  if (weights != format::Weights::kFp32) {
    fail(ErrorKind::kUsage, "--precision {}: files in NIR hold weights as floats",
         format::weights_name(weights));
  }
  const format::ModelFile model(
      deploy::model_file(*trained.network, trained.input, format::Weights::kFp32), options.run);
  write_file_atomically(options.output, nir::to_hdf5(nir::from_model(model, options.run)));
}

}  // namespace

int export_command(const ExportOptions& options) {
  const auto trained = run::open_trained(options.run, options.checkpoint);
  const auto& recipe = trained.recipe;
  auto weights = format::Weights::kFp32;
  for (const auto known :
       {format::Weights::kBf16, format::Weights::kInt16, format::Weights::kInt8}) {
    if (options.precision == format::weights_name(known)) weights = known;
  }
  if (std::filesystem::path(options.output).extension() == ".nir") {
    export_nir(trained, options, weights);
  } else if (weights == format::Weights::kFp32) {
    deploy::export_model(*trained.network, trained.input, weights, options.output);
  } else {
    export_rounded(trained, options, weights);
  }
  std::error_code no_file;  // a device or a FIFO has no size
  const auto bytes = std::filesystem::file_size(options.output, no_file);
  beside(options.output) << fmt::format(
      "{}: {} of width {}, T = {}, {}{}\n", options.output, recipe.model.network,
      recipe.model.width, recipe.model.steps, options.precision,
      no_file ? "" : fmt::format(", {} bytes", with_thousands(static_cast<std::int64_t>(bytes))));
  return 0;
}

}  // namespace staa::app
