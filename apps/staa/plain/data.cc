#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/command.h"
#include "plain/data_events.h"
#include "staa/data/codecs/png.h"
#include "staa/data/normalisation.h"
#include "staa/data/sets/convert.h"
#include "staa/data/sets/open.h"
#include "staa/inputs/open.h"
#include "staa/pictures/contact_sheet.h"
#include "staa/recipe/recipe.h"
#include "staa/util/output.h"
#include "staa/util/text.h"

namespace staa::app {
namespace {

struct CheckOptions {
  data::DataOptions data;
  bool json = false;
};

struct ConvertOptions {
  std::string source;
  std::string target;
  bool json = false;
};

struct ShowOptions {
  std::string recipe;
  std::string out = "samples.png";
  std::string split = "train";
  std::vector<std::string> overrides;
  std::int64_t count = 32;
  std::int64_t columns = 8;
  std::int64_t epoch = 1;
};

int check_command(const CheckOptions& options) {
  const auto splits = data::open_dataset(options.data);
  const auto shape = splits.train->shape();
  const auto train = data::count_classes(*splits.train);
  const auto test = data::count_classes(*splits.test);
  const auto normalisation = data::compute_normalisation(*splits.train);
  const auto& classes = splits.train->classes();
  if (options.json) {
    auto rows = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < classes.size(); ++i) {
      rows.push_back({{"name", classes[i]}, {"train", train[i]}, {"test", test[i]}});
    }
    const nlohmann::ordered_json object{{"name", splits.train->name()},
                                        {"channels", shape.channels},
                                        {"height", shape.height},
                                        {"width", shape.width},
                                        {"train", splits.train->size()},
                                        {"test", splits.test->size()},
                                        {"mean", normalisation.mean},
                                        {"stddev", normalisation.stddev},
                                        {"classes", rows}};
    std::cout << object.dump(2) << '\n';
    return 0;
  }
  std::cout << fmt::format("{}: {} training and {} test images of {}x{}, {} channel{}\n",
                           splits.train->name(), with_thousands(splits.train->size()),
                           with_thousands(splits.test->size()), shape.height, shape.width,
                           shape.channels, shape.channels == 1 ? "" : "s");
  std::cout << fmt::format("{:>5}  {:<24} {:>8} {:>8}\n", "label", "class", "train", "test");
  for (std::size_t i = 0; i < classes.size(); ++i) {
    std::cout << fmt::format("{:>5}  {:<24} {:>8} {:>8}\n", i, classes[i], train[i], test[i]);
  }
  return 0;
}

int convert_command(const ConvertOptions& options) {
  const auto summary = data::convert_image_folder(options.source, options.target);
  if (options.json) {
    const nlohmann::ordered_json object{
        {"train", summary.train_images},      {"test", summary.test_images},
        {"channels", summary.shape.channels}, {"height", summary.shape.height},
        {"width", summary.shape.width},       {"classes", summary.classes}};
    std::cout << object.dump() << '\n';
  } else {
    std::cout << fmt::format(
        "{}: {} training and {} test images of {}x{} in {} classes, in the CIFAR-10 binary format\n"
        "train on it with: --set data.set=cifar10 data.path={}\n",
        options.target, with_thousands(summary.train_images), with_thousands(summary.test_images),
        summary.shape.height, summary.shape.width, summary.classes.size(), options.target);
  }
  return 0;
}

int show_command(const ShowOptions& options) {
  auto recipe = recipe::load_recipe(options.recipe, options.overrides);
  recipe.train.batch = recipe.train.eval_batch = options.count;
  const auto data = inputs::open_data(recipe);
  const auto loader = options.split == "train" ? inputs::training_loader(data.train, recipe)
                                               : inputs::evaluation_loader(data.test, recipe);
  loader->start(options.epoch - 1);
  const auto batch = loader->next().value_or(data::Batch());
  for (const auto& reason : batch.skipped) std::cerr << "staa: skipped: " << reason << '\n';
  const auto sheet = pictures::contact_sheet(batch, data.input.shape, data.input.classes,
                                             data.input.normalisation, options.columns);
  data::write_png(options.out, sheet.shape, sheet.pixels.data());
  beside(options.out) << fmt::format("{}: {} samples of {}, {} each\n", options.out, batch.size,
                                     loader->source().name(), data::describe(data.input.shape));
  return 0;
}

void add_check(CLI::App& app, Action& action) {
  auto options = std::make_shared<CheckOptions>();
  auto* command =
      app.add_subcommand("check", "Read a data set whole, check it and count its samples by class");
  command->add_option("dataset", options->data.set, "One of " + join_choices(data::known_sets()))
      ->required()
      ->type_name("SET");
  command->add_option("path", options->data.path, "Its folder")->type_name("DIR");
  command->add_flag("--partial", options->data.allow_partial,
                    "Accept a number of samples that differs from the published one");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->callback([options, &action] { action = [options] { return check_command(*options); }; });
}

void add_convert(CLI::App& app, Action& action) {
  auto options = std::make_shared<ConvertOptions>();
  auto* command = app.add_subcommand(
      "convert", "Turn a folder of equal-sized images into the CIFAR-10 binary format");
  command
      ->add_option("source", options->source,
                   "Folder with train/CLASS/*.jpg and test/CLASS/*.jpg (PNG as well)")
      ->required()
      ->type_name("SOURCE");
  command->add_option("target", options->target, "Folder to write")
      ->required()
      ->type_name("TARGET");
  command->add_flag("--json", options->json, "Print one JSON object");
  command->callback(
      [options, &action] { action = [options] { return convert_command(*options); }; });
}

void add_show(CLI::App& app, Action& action) {
  auto options = std::make_shared<ShowOptions>();
  auto* command = app.add_subcommand(
      "show", "Draw samples as the network will see them, after augmentation (PNG)");
  command->add_option("recipe", options->recipe, "Recipe")->required()->type_name("RECIPE");
  command->add_option("-o,--out", options->out, "Picture to write")
      ->type_name("FILE")
      ->capture_default_str();
  command->add_option("--split", options->split, "Which half")
      ->check(CLI::IsMember({"train", "test"}))
      ->capture_default_str();
  command->add_option("-n,--count", options->count, "Samples")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--columns", options->columns, "Still images a row")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--epoch", options->epoch, "Whose order and augmentation, from 1")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("-s,--set", options->overrides, "Set a key of the recipe")
      ->type_name("KEY=VALUE");
  command->callback([options, &action] { action = [options] { return show_command(*options); }; });
}

}  // namespace

void add_data(CLI::App& app, Action& action) {
  auto* command = app.add_subcommand("data", "Check, convert, simulate and show data sets");
  add_check(*command, action);
  add_convert(*command, action);
  add_prepare(*command, action);
  add_recording(*command, action);
  add_show(*command, action);
  add_simulate(*command, action);
}

}  // namespace staa::app
