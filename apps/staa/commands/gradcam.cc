#include "staa/analysis/gradcam.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>
#include <utility>

#include "cli/gradcam.h"
#include "staa/analysis/gradcam_view.h"
#include "staa/analysis/sample.h"
#include "staa/data/codecs/png.h"
#include "staa/inputs/open.h"
#include "staa/options/names.h"
#include "staa/pictures/map_picture.h"
#include "staa/run/device.h"
#include "staa/run/trained.h"
#include "staa/util/error.h"
#include "staa/util/output.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

/// The sample and its explanation by one run's network.
struct Seen {
  std::string run;
  run::Trained trained;
  analysis::ViewedSample sample;
  analysis::Explanation explanation;

  const std::string& class_name(std::int64_t label) const {
    return trained.input.classes[static_cast<std::size_t>(label)];
  }
  std::int64_t found() const { return explanation.probabilities.argmax().item<std::int64_t>(); }
  double probability(std::int64_t label) const {
    return explanation.probabilities[label].item<double>();
  }
};

/// The class to explain: the one asked for, or else the sample's label; -1 selects the class that
/// the network predicts.
std::int64_t choose_class(const GradcamOptions& options, const Seen& seen) {
  if (options.class_name.empty()) return seen.sample.label;
  const auto& classes = seen.trained.input.classes;
  const auto found = std::find(classes.begin(), classes.end(), options.class_name);
  if (found == classes.end()) {
    fail(ErrorKind::kUsage, "unknown class '{}'{} known: {}", options.class_name,
         did_you_mean(options.class_name, classes), join_choices(classes));
  }
  return found - classes.begin();
}

Seen look(const std::string& run, const GradcamOptions& options) {
  Seen seen{run, run::open_trained(run, options.checkpoint, options.overrides), {}, {}};
  run::set_threads(seen.trained.recipe.threads);
  const auto& input = seen.trained.input;
  if (options.image.empty()) {
    const auto test = inputs::open_data(seen.trained.recipe, &input).test;
    seen.sample = analysis::read_sample(*test, options.sample, input);
  } else {
    seen.sample = analysis::read_image(options.image, input);
  }
  std::vector<std::string> layers;
  if (options.layer != "all") layers.push_back(options.layer);
  seen.explanation = analysis::explain(*seen.trained.network, seen.sample.values,
                                       choose_class(options, seen), layers);
  return seen;
}

/// Converts a tensor of any rank to nested JSON arrays.
nlohmann::json nested(const torch::Tensor& values) {
  if (values.dim() == 0) return values.item<double>();
  auto list = nlohmann::json::array();
  for (std::int64_t i = 0; i < values.size(0); ++i) list.push_back(nested(values[i]));
  return list;
}

nlohmann::ordered_json to_json(const Seen& seen) {
  auto layers = nlohmann::ordered_json::array();
  for (const auto& maps : seen.explanation.layers) {
    nlohmann::ordered_json layer{{"name", maps.name}, {"cam", nested(maps.cam)}};
    if (maps.attention_x.defined()) {
      layer["gc_attention_x"] = nested(maps.attention_x);
      layer["gc_attention_h"] = nested(maps.attention_h);
    }
    if (maps.gates.defined()) layer["sa_gates"] = nested(maps.gates);
    layers.push_back(std::move(layer));
  }
  nlohmann::ordered_json object{{"run", seen.run},
                                {"neuron", to_string(seen.trained.recipe.neuron.kind)},
                                {"explained", seen.class_name(seen.explanation.target)},
                                {"found", seen.class_name(seen.found())},
                                {"probability", seen.probability(seen.found())}};
  if (seen.sample.label >= 0) object["label"] = seen.class_name(seen.sample.label);
  object["layers"] = std::move(layers);
  return object;
}

std::string caption_of(const GradcamOptions& options, const Seen& seen) {
  auto caption = options.image.empty() ? fmt::format("sample {}", options.sample) : options.image;
  if (seen.sample.label >= 0) caption += ": " + seen.class_name(seen.sample.label);
  return caption + fmt::format(", maps for {}", seen.class_name(seen.explanation.target));
}

void write_picture(const GradcamOptions& options, const std::vector<Seen>& all) {
  std::vector<pictures::View> views;
  for (const auto& seen : all) {
    auto title = fmt::format("{}: {} {:.1f} %", to_string(seen.trained.recipe.neuron.kind),
                             seen.class_name(seen.found()), 100 * seen.probability(seen.found()));
    views.push_back(
        analysis::gradcam_view(std::move(title), seen.sample.mean_frame(), seen.explanation));
  }
  const auto& first = all.front();
  const auto picture =
      pictures::map_picture(caption_of(options, first), first.sample.frames, views);
  data::write_png(options.out, picture.shape, picture.pixels.data());
}

}  // namespace

int gradcam_command(const GradcamOptions& options) {
  if (options.image.empty() == (options.sample < 0)) {
    fail(ErrorKind::kUsage, "expected --sample N, of the test set, or --image FILE");
  }
  std::vector<Seen> all{look(options.run, options)};
  if (!options.compare.empty()) {
    all.push_back(look(options.compare, options));
    if (all[0].class_name(all[0].explanation.target) !=
        all[1].class_name(all[1].explanation.target)) {
      fail(ErrorKind::kUsage, "{} and {} explain '{}' and '{}': name one with --class", options.run,
           options.compare, all[0].class_name(all[0].explanation.target),
           all[1].class_name(all[1].explanation.target));
    }
  }
  write_picture(options, all);
  if (options.json) {
    auto runs = nlohmann::ordered_json::array();
    for (const auto& seen : all) runs.push_back(to_json(seen));
    std::cout << nlohmann::ordered_json{{"picture", options.out}, {"runs", runs}}.dump() << '\n';
    return 0;
  }
  for (const auto& seen : all) {
    beside(options.out) << fmt::format("{}: {}, found {} with {:.1f} %\n", seen.run,
                                       caption_of(options, seen), seen.class_name(seen.found()),
                                       100 * seen.probability(seen.found()));
  }
  beside(options.out) << fmt::format("{}: {} layers\n", options.out,
                                     all[0].explanation.layers.size());
  return 0;
}

}  // namespace staa::app
