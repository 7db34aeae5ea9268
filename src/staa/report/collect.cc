#include "staa/report/collect.h"

#include <algorithm>
#include <sstream>

#include "staa/analysis/gradcam.h"
#include "staa/analysis/gradcam_view.h"
#include "staa/analysis/predictions.h"
#include "staa/analysis/profile.h"
#include "staa/analysis/sample.h"
#include "staa/data/codecs/png.h"
#include "staa/inputs/open.h"
#include "staa/models/registry.h"
#include "staa/pictures/map_image.h"
#include "staa/pictures/map_picture.h"
#include "staa/recipe/keys.h"
#include "staa/run/device.h"
#include "staa/run/run_folder.h"
#include "staa/run/trained.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::report {
namespace {

using nlohmann::ordered_json;

std::string png_of(const data::Image& image) {
  return data::encode_png(image.shape, image.pixels.data());
}

/// Reads a file with one object per line; invalid lines are listed in `missing`.
std::vector<ordered_json> read_lines(const std::filesystem::path& path, RunData& run) {
  std::vector<ordered_json> rows;
  if (!std::filesystem::exists(path)) return rows;
  std::istringstream in(read_text_file(path));
  std::int64_t number = 0;
  for (std::string line; std::getline(in, line);) {
    ++number;
    auto row = ordered_json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (row.is_object()) {
      rows.push_back(std::move(row));
    } else {
      run.missing.push_back(fmt::format("line {} of {} is no JSON object and is left out", number,
                                        path.filename().string()));
    }
  }
  return rows;
}

void read_recipe(const run::RunFolder& folder, RunData& run) {
  const auto recipe = recipe::load_recipe(folder.recipe());
  run.recipe = recipe::to_toml(recipe);
  run.planned_epochs = recipe.train.epochs;
  for (const auto& key : recipe::all_keys()) {
    run.keys[key.path] = recipe::print_value(key.get(recipe));
  }
}

void read_records(const run::RunFolder& folder, RunData& run) {
  run.metrics = read_lines(folder.metrics(), run);
  const auto done = static_cast<std::int64_t>(run.metrics.size());
  if (done == 0) {
    run.missing.emplace_back("no epoch has been finished: there are no curves");
  } else if (done < run.planned_epochs) {
    run.missing.push_back(fmt::format("unfinished: {} of {} epochs", done, run.planned_epochs));
  }
  run.environments = read_lines(folder.environment(), run);
  if (run.environments.empty()) run.missing.emplace_back("its environment was not recorded");
}

void measure_costs(const run::Trained& trained, const std::shared_ptr<const data::Source>& test,
                   std::int64_t images, RunData& run) {
  const auto loader = analysis::profile_loader(test, trained.recipe);
  const auto profile = analysis::profile(*trained.network, *loader, images);
  run.parameters = profile.parameters;
  run.profiled_images = profile.images;
  run.firing_rate = profile.firing_rate;
  run.energy_mj = profile.energy_mj;
  for (const auto& layer : profile.layers) {
    run.layers.push_back({layer.name, layer.kind, layer.input, layer.output, layer.parameters,
                          layer.macs, layer.acs, layer.kind == "neuron" ? layer.firing_rate : -1,
                          layer.energy_mj});
  }
}

void measure_errors(const run::Trained& trained, const std::shared_ptr<const data::Source>& test,
                    const CollectOptions& options, RunData& run) {
  const auto loader = inputs::evaluation_loader(test, trained.recipe);
  const auto predictions = analysis::predict(*trained.network, *loader);
  run.confusion =
      analysis::confusion(predictions, static_cast<std::int64_t>(trained.input.classes.size()));
  for (const auto& wrong : analysis::worst(predictions, static_cast<std::size_t>(options.worst))) {
    const auto sample = analysis::read_sample(*test, wrong.index, trained.input);
    run.worst.push_back({wrong.index, wrong.label, wrong.found, wrong.probability, wrong.loss,
                         png_of(sample.mean_frame())});
  }
}

/// The strips of a view, one per column except those drawn over the input.
std::vector<MapStrip> strips_of(const pictures::View& view) {
  std::vector<MapStrip> strips;
  for (std::size_t i = 0; i < view.columns.size(); ++i) {
    const auto& column = view.columns[i];
    if (column.over_input) continue;
    MapStrip strip{column.heading, {}};
    for (const auto& layer : view.layers) {
      const auto& map = layer.maps[i];
      if (map.empty()) continue;
      const auto range = pictures::range_of(map, column.from_zero);
      strip.maps.push_back(
          {layer.name, pictures::describe(range), png_of(pictures::map_image(map, range))});
    }
    strips.push_back(std::move(strip));
  }
  return strips;
}

SampleMaps explain_sample(const run::Trained& trained, const data::Source& test,
                          std::int64_t index) {
  const auto sample = analysis::read_sample(test, index, trained.input);
  const auto explanation = analysis::explain(*trained.network, sample.values, sample.label);
  SampleMaps maps;
  maps.index = index;
  maps.label = sample.label;
  maps.found = explanation.probabilities.argmax().item<std::int64_t>();
  maps.probability = explanation.probabilities[maps.found].item<double>();
  const auto frame = sample.mean_frame();
  maps.png = png_of(frame);
  maps.strips =
      strips_of(analysis::gradcam_view(fmt::format("sample {}", index), frame, explanation));
  return maps;
}

/// The run's test set, or null with a reason in run.missing if it is not available.
std::shared_ptr<const data::Source> find_test_set(const run::Trained& trained, RunData& run) {
  try {
    return inputs::open_data(trained.recipe, &trained.input).test;
  } catch (const Error& error) {
    run.missing.push_back(fmt::format(
        "no spikes, energy, confusion matrix, samples and maps: the data are not available: {}",
        error.what()));
    return nullptr;
  }
}

void measure(const run::RunFolder& folder, const CollectOptions& options, RunData& run) {
  const auto weights = options.checkpoint == "best" ? folder.best() : folder.last();
  if (!std::filesystem::exists(weights)) {
    run.missing.push_back(
        fmt::format("no spikes, energy, confusion matrix, samples and maps: there is no {} yet",
                    weights.filename().string()));
    return;
  }
  const auto trained = run::open_trained(folder.root(), options.checkpoint, options.overrides);
  run.weights = trained.weights.filename().string();
  run.weights_epoch = trained.progress.epoch;
  run.classes = trained.input.classes;
  run.parameters = models::parameter_count(*trained.network);
  run::set_threads(trained.recipe.threads);
  const auto test = find_test_set(trained, run);
  if (!test) return;
  measure_costs(trained, test, options.images, run);
  measure_errors(trained, test, options, run);
  for (const auto index : options.samples) {
    run.samples.push_back(explain_sample(trained, *test, index));
  }
}

}  // namespace

RunData collect(const std::filesystem::path& path, const CollectOptions& options) {
  const run::RunFolder folder(path);
  if (!std::filesystem::exists(folder.recipe())) {
    fail(ErrorKind::kUsage, "{}: not the folder of a run: there is no {}", path.string(),
         folder.recipe().filename().string());
  }
  RunData run;
  // The name of "runs/a/" is "a" too.
  run.name = (path.has_filename() ? path : path.parent_path()).filename().string();
  run.folder = path.string();
  read_recipe(folder, run);
  read_records(folder, run);
  measure(folder, options, run);
  return run;
}

}  // namespace staa::report
