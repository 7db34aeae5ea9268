#include <set>

#include "staa/recipe/recipe.h"
#include "support/support.h"

namespace staa::recipe {
namespace {

const std::filesystem::path kConfigs = STAA_CONFIGS;

struct Row {
  std::string file;
  std::string set;
  std::string network;
  std::int64_t steps;
};

/// The rows of the paper's Tables 1 to 3 that are "Ours".
std::vector<Row> paper_rows() {
  std::vector<Row> rows;
  for (const std::string set : {"cifar10", "cifar100"}) {
    for (const auto& [network, steps] :
         std::vector<std::pair<std::string, std::int64_t>>{{"vgg13", 2},
                                                           {"vgg13", 4},
                                                           {"resnet19", 1},
                                                           {"resnet19", 2},
                                                           {"resnet19", 4},
                                                           {"resnet20", 1},
                                                           {"resnet20", 2},
                                                           {"resnet20", 4}}) {
      rows.push_back({set + "-" + network + "-t" + std::to_string(steps), set, network, steps});
    }
  }
  rows.push_back({"imagenet-resnet18-t4", "imagenet", "resnet18", 4});
  rows.push_back({"imagenet-resnet34-t4", "imagenet", "resnet34", 4});
  rows.push_back({"cifar10-dvs-resnet20-t16", "cifar10-dvs", "resnet20", 16});
  rows.push_back({"cifar10-dvs-vgg13-t16", "cifar10-dvs", "vgg13", 16});
  rows.push_back({"dvs128-gesture-vgg13-t16", "dvs128-gesture", "vgg13", 16});
  return rows;
}

TEST(Configs, EveryRowOfThePaperHasItsRecipe) {
  for (const auto& row : paper_rows()) {
    SCOPED_TRACE(row.file);
    const auto r = load_recipe(kConfigs / (row.file + ".toml"));
    const bool dvs = row.set == "cifar10-dvs" || row.set == "dvs128-gesture";
    EXPECT_EQ(r.data.set, row.set);
    EXPECT_EQ(r.model.network, row.network);
    EXPECT_EQ(r.model.steps, row.steps);
    EXPECT_EQ(r.model.width, 1.0);
    EXPECT_EQ(r.neuron.kind, NeuronKind::kStaaLif);
    EXPECT_EQ(r.neuron.tsrd, 0.1);
    EXPECT_EQ(r.neuron.sa_alpha, 2.0);
    EXPECT_EQ(r.neuron.threshold, 1.0);
    EXPECT_EQ(r.train.epochs, row.set == "imagenet" ? 300 : 500);
    EXPECT_EQ(r.train.batch, dvs ? 32 : 128);
    EXPECT_EQ(r.optimizer.kind, train::OptimizerKind::kSgd);
    EXPECT_EQ(r.optimizer.lr, dvs ? 0.02 : 0.1);
    EXPECT_EQ(r.optimizer.momentum, 0.9);
    EXPECT_EQ(r.optimizer.weight_decay, row.set == "cifar10" ? 0.0 : 1e-4);
    EXPECT_EQ(r.schedule.kind, train::ScheduleKind::kCosine);
    EXPECT_EQ(r.schedule.min_lr, 1e-5);
    EXPECT_TRUE(r.augment.flip);
    EXPECT_EQ(r.augment.autoaugment, row.set.rfind("cifar10", 0) == 0 && !dvs);
    EXPECT_EQ(r.augment.geometric, dvs);
    EXPECT_EQ(r.augment.mixup, dvs ? 0.5 : 0.0);
  }
}

TEST(Configs, AreThoseAndTheSmallOnes) {
  std::set<std::string> expected{
      "quickstart.toml",     "cifar10-small.toml",         "fashion-mnist-small.toml",
      "n-mnist-small.toml",  "cifar10-hour.toml",          "cifar10-ten-minutes.toml",
      "cifar10-medium.toml", "cifar10-resnet20-hour.toml", "cifar10-vgg13-hour.toml"};
  for (const auto& row : paper_rows()) expected.insert(row.file + ".toml");
  std::set<std::string> found;
  for (const auto& entry : std::filesystem::directory_iterator(kConfigs)) {
    found.insert(entry.path().filename().string());
    EXPECT_NO_THROW(load_recipe(entry.path())) << entry.path();
  }
  EXPECT_EQ(found, expected);
}

}  // namespace
}  // namespace staa::recipe
