#include "staa/recipe/recipe.h"

#include <locale>
#include <set>

#include "staa/recipe/keys.h"
#include "staa/util/random.h"
#include "support/support.h"

namespace staa::recipe {
namespace {

using test::expect_error;

void expect_refused(const std::string& text, const std::vector<std::string>& parts,
                    const std::vector<std::string>& overrides = {}) {
  SCOPED_TRACE(text);
  expect_error(ErrorKind::kUsage, parts, [&] { parse_recipe(text, "r.toml", overrides); });
}

TEST(Recipe, AnEmptyFileGivesTheDefaults) {
  EXPECT_EQ(to_toml(parse_recipe("", "r.toml")), to_toml(Recipe{}));
}

TEST(Recipe, TakesADeviceByItsNumber) {
  for (const auto& [text, device, index] :
       {std::tuple<const char*, Device, std::int64_t>{"auto", Device::kAuto, -1},
        {"cuda", Device::kCuda, -1},
        {"cuda:0", Device::kCuda, 0},
        {"cuda:11", Device::kCuda, 11}}) {
    const auto r = parse_recipe(fmt::format("device = \"{}\"", text), "x.toml");
    EXPECT_EQ(r.device, device) << text;
    EXPECT_EQ(r.device_index, index) << text;
    EXPECT_EQ(parse_recipe(to_toml(r), "printed.toml").device_index, index) << text;
  }
  for (const char* text : {"cuda:", "cuda:x", "cuda:-1", "cuda:100", "cpu:0", "gpu", "cuda:1:2"}) {
    expect_error(ErrorKind::kUsage, {"x.toml:1", "device", "cuda:NUMBER", text},
                 [&] { parse_recipe(fmt::format("device = \"{}\"", text), "x.toml"); });
  }
}

TEST(Recipe, ReadsEveryKindOfValue) {
  const auto r = parse_recipe(
      "seed = 7\ndevice = \"cpu\"\n[model]\nwidth = 1\n[neuron]\nkind = \"lif\"\ntau = 2.5\nsa = "
      "false\n"
      "[schedule]\nkind = \"step\"\nmilestones = [3, 6]\n",
      "r.toml");
  EXPECT_EQ(r.seed, 7);
  EXPECT_EQ(r.device, Device::kCpu);
  EXPECT_EQ(r.model.width, 1.0);  // an integer where a number is wanted
  EXPECT_EQ(r.neuron.kind, NeuronKind::kLif);
  EXPECT_EQ(r.neuron.tau, 2.5);
  EXPECT_FALSE(r.neuron.sa);
  EXPECT_EQ(r.schedule.milestones, (std::vector<std::int64_t>{3, 6}));
}

TEST(Recipe, NamesLineAndNearestKeyOfAnUnknownOne) {
  expect_refused("seed = 1\n[train]\nepoch = 3\n",
                 {"r.toml:3: unknown key 'train.epoch', did you mean 'train.epochs'?"});
  expect_refused("[train]\nlr = 0.1\n", {"r.toml:2", "'train.lr'", "did you mean 'optimizer.lr'?"});
  expect_refused("epochs = 3\n", {"r.toml:1", "'epochs'", "did you mean 'train.epochs'?"});
  expect_refused("[neurons]\n", {"r.toml:1: unknown table [neurons]", "did you mean 'neuron'?"});
  expect_refused("[model.deep]\nx = 1\n", {"[model.deep]"});
}

TEST(Recipe, SaysWhatTypeItWantedAndWhatItFound) {
  expect_refused("[train]\nepochs = \"3\"\n",
                 {"r.toml:2: 'train.epochs': expected an integer, found a string '3'"});
  expect_refused("[train]\nepochs = 3.5\n", {"expected an integer, found a number 3.5"});
  expect_refused("[neuron]\nsa = 1\n", {"expected true or false, found an integer 1"});
  expect_refused("[model]\nwidth = true\n", {"expected a number, found true"});
  expect_refused("description = 3\n", {"expected a string, found an integer 3"});
  expect_refused("[schedule]\nmilestones = 3\n", {"expected a list of integers"});
  expect_refused("[schedule]\nmilestones = [1, \"2\"]\n", {"expected a list of integers"});
  expect_refused("[train]\nepochs = 2020-01-01\n", {"found a date or time"});
  expect_refused("[train.epochs]\n", {"expected an integer, found a table"});
}

TEST(Recipe, SaysTheRangeAndWhatItFound) {
  expect_refused("[train]\nepochs = 0\n", {"r.toml:2: 'train.epochs': expected 1 to", "found 0"});
  expect_refused("[optimizer]\nlr = 0\n", {"'optimizer.lr': expected above 0, found 0"});
  expect_refused("[neuron]\ntsrd = 1.5\n", {"'neuron.tsrd': expected 0 to 1, found 1.5"});
  expect_refused("[neuron]\nsa_alpha = nan\n", {"'neuron.sa_alpha': expected a finite number"});
  expect_refused("[optimizer]\nlr = inf\n", {"'optimizer.lr'", "above 0"});
  expect_refused("[neuron]\nkind = \"staa_lift\"\n",
                 {"expected one of lif, adaptive_lif or staa_lif", "did you mean 'staa_lif'?"});
  expect_refused("[schedule]\nmilestones = [0]\n", {"'schedule.milestones': expected at least 1"});
}

TEST(Recipe, ChecksWhatKeysMeanTogether) {
  expect_refused("[schedule]\nkind = \"step\"\nmilestones = [6, 3]\n", {"rising order"});
  expect_refused("[schedule]\nkind = \"step\"\n", {"needs at least one epoch"});
  expect_refused("[train]\nepochs = 2\n[schedule]\nwarmup_epochs = 2\n",
                 {"'schedule.warmup_epochs': expected less than train.epochs = 2, found 2"});
  expect_refused("[schedule]\nmin_lr = 1\n", {"'schedule.min_lr'", "optimizer.lr"});
  expect_refused("[neuron]\nreset = 2\n", {"reset", "less than the threshold"});
  expect_refused("[optimizer]\nnesterov = true\nmomentum = 0\n", {"nesterov", "momentum"});
}

TEST(Recipe, RefusesKeysThatTheDataSetCannotFollow) {
  const std::string still = "[data]\nset = \"cifar10\"\n";
  expect_refused(still + "frame_size = 48\n", {"'data.frame_size'", "event frames", "cifar10"});
  expect_refused(still + "slice = \"time\"\n", {"'data.slice'", "event frames"});
  expect_refused(still + "cache = \"x\"\n", {"'data.cache'", "event frames"});
  expect_refused("[data]\nset = \"n-mnist\"\nsplit = \"x\"\n",
                 {"'data.split'", "without a published split", "n-mnist"});
  expect_refused(still + "[augment]\nevent_drop = true\n", {"'augment.event_drop'", "cifar10"});
  expect_refused(still + "[augment]\ngeometric = true\n", {"'augment.geometric'", "cifar10"});
  expect_refused(still + "[augment]\nrandom_resized_crop = 24\n",
                 {"'augment.random_resized_crop'", "cifar10"});
  expect_refused("[data]\nset = \"cifar10-dvs\"\n[augment]\nautoaugment = true\n",
                 {"'augment.autoaugment'", "still images"});
}

TEST(Recipe, ReportsSyntaxWithLineAndColumn) {
  expect_refused("seed = 1\n[train\n", {"r.toml:2:"});
  expect_refused("seed = 1\nseed = 2\n", {"r.toml:2:", "seed"});
}

TEST(Recipe, ReportsAllMistakesAtOnce) {
  expect_refused("sed = 1\n[train]\nepochs = 0\n[neuron]\nkind = 3\n",
                 {"r.toml:1: unknown key 'sed'", "r.toml:3: ", "r.toml:5: "});
}

TEST(Override, WinsOverTheFileAndTheLastOneWins) {
  const auto r = parse_recipe("[train]\nepochs = 3\n", "r.toml",
                              {"train.epochs=5", "model.width=0.5", "model.width=0.25"});
  EXPECT_EQ(r.train.epochs, 5);
  EXPECT_EQ(r.model.width, 0.25);
}

TEST(Recipe, ReadsTimeStepsThatGrow) {
  const auto r = parse_recipe(
      "[model]\nsteps = 4\n[train]\nepochs = 20\nrelu_epochs = 3\nsteps = [[0, 1], [14, 4]]\n",
      "r.toml");
  ASSERT_EQ(r.train.steps.size(), 2U);
  EXPECT_EQ(r.train.steps[1].epoch, 14);
  EXPECT_EQ(r.train.steps[1].steps, 4);
  const auto refused = [](const std::string& steps, const std::string& what) {
    expect_refused("[model]\nsteps = 4\n[train]\nepochs = 20\nsteps = " + steps + "\n", {what});
  };
  refused("[1, 2]", "a list of [epoch, T]");
  refused("[[0, 1, 2]]", "a list of [epoch, T]");
  refused("[[1, 4]]", "the first of them 0");
  refused("[[0, 1], [0, 4]]", "rising order");
  refused("[[0, 1], [5, 2]]", "expected to end at model.steps = 4, found 2");
  refused("[[0, 8], [5, 4]]", "expected 1 to model.steps = 4, found 8");
  refused("[[0, 1], [20, 4]]", "expected epochs below train.epochs = 20, found 20");
  expect_refused("[train]\nepochs = 3\nrelu_epochs = 3\n", {"less than train.epochs = 3"});
  expect_refused("[train]\ndistill = 0.5\n", {"'train.distill'", "train.relu_epochs"});
  expect_refused("[schedule]\nrestart = true\n", {"'schedule.restart'", "train.relu_epochs"});
  expect_refused("[data]\nset = \"n-mnist\"\n[train]\nsteps = [[0, 4]]\n", {"event recordings"});
}

/// Recipes of before there were classes of parameters.
TEST(Recipe, TakesANeuronRateAsItWasMeant) {
  const auto r = parse_recipe("[optimizer]\nneuron_lr = 0.25\n", "r.toml");
  EXPECT_EQ(r.optimizer.neuron_vector.lr, 0.25);
  EXPECT_EQ(r.optimizer.neuron_matrix.lr, 0.25);
  EXPECT_EQ(r.optimizer.norm_scale.decay, 1);
  EXPECT_FALSE(r.optimizer.scale_gc_value);
  EXPECT_EQ(to_toml(r).find("neuron_lr"), std::string::npos);
}

TEST(Recipe, RefusesOptionsOfOtherNetworks) {
  expect_refused("[model]\nwhitening = true\n", {"whitening", "vgg7"});
  expect_refused("[model]\npooling = \"max\"\n", {"pooling", "vgg13"});
  expect_refused("[optimizer]\nkind = \"muon\"\nrest = \"muon\"\n", {"optimizer.rest"});
}

/// As std::locale("de_DE") writes numbers.
struct DecimalComma : std::numpunct<char> {
  char do_decimal_point() const override { return ','; }
  char do_thousands_sep() const override { return '.'; }
  std::string do_grouping() const override { return "\3"; }
};

TEST(Recipe, NumbersHavePointsInEveryLocale) {
  const auto before = std::locale::global(std::locale(std::locale(), new DecimalComma));
  Recipe recipe;
  recipe.optimizer.lr = 1234.5;
  recipe.train.epochs = 12345;
  const auto text = to_toml(recipe);
  EXPECT_NE(text.find("lr = 1234.5\n"), std::string::npos);
  EXPECT_NE(text.find("epochs = 12345\n"), std::string::npos);
  EXPECT_EQ(to_toml(parse_recipe(text, "r.toml")), text);
  std::locale::global(before);
}

TEST(Override, TakesBareWordsQuotedStringsAndLists) {
  const auto r = parse_recipe("", "r.toml",
                              {"neuron.kind=lif", "data.path=/a b/c=d", "description=\"x\"",
                               "schedule.milestones=[1, 2]", "neuron.sa=false"});
  EXPECT_EQ(r.neuron.kind, NeuronKind::kLif);
  EXPECT_EQ(r.data.path, "/a b/c=d");
  EXPECT_EQ(r.description, "x");
  EXPECT_EQ(r.schedule.milestones.size(), 2U);
}

TEST(Override, NamesItselfWhenItIsWrong) {
  expect_refused("",
                 {"--set model.widht=1: unknown key 'model.widht', did you mean 'model.width'?"},
                 {"model.widht=1"});
  expect_refused("", {"--set train.epochs=x", "expected an integer, found x"}, {"train.epochs=x"});
  expect_refused("", {"--set train.epochs: expected key=value"}, {"train.epochs"});
  expect_refused("", {"--set =3: expected key=value"}, {"=3"});
  expect_refused("", {"--set train.epochs=0", "found 0"}, {"train.epochs=0"});
  expect_refused("", {"expected"}, {"train.epochs=3\nseed=4"});
}

/// A value in the key's range, drawn at random.
Value random_value(const Key& key, Random& random) {
  const double low = std::max(key.range.low, -1000.0);
  const double high = std::min(key.range.high, 1000.0);
  switch (key.type) {
    case ValueType::kBoolean:
      return random.chance(0.5);
    case ValueType::kInteger:
      return static_cast<std::int64_t>(low) +
             random.below(static_cast<std::int64_t>(high - low) + 1);
    case ValueType::kNumber:
      return low + (high - low) * (1 - random.uniform());
    case ValueType::kString:
      return std::string("a \"quoted\" \\ \t \xc3\xa9 ") + std::to_string(random.below(100));
    case ValueType::kChoice:
      return key.choices[static_cast<std::size_t>(
          random.below(static_cast<std::int64_t>(key.choices.size())))];
    case ValueType::kIntegers:
      return std::vector<std::int64_t>{1 + random.below(5), 6 + random.below(5)};
    case ValueType::kStepsFrom:
      return std::vector<StepsFrom>{{0, 1 + random.below(3)}, {1 + random.below(9), 4}};
  }
  return false;
}

TEST(Recipe, RandomRecipesComeBackFromTheirText) {
  Random random{42};
  for (int i = 0; i < 300; ++i) {
    Recipe recipe;
    for (const auto& key : all_keys()) {
      if (random.chance(0.5)) key.set(recipe, random_value(key, random));
    }
    // What must fit together.
    recipe.schedule.milestones = {2, 4};
    recipe.schedule.warmup_epochs = 0.25;
    recipe.schedule.min_lr = 0;
    recipe.neuron.reset = recipe.neuron.threshold - 0.5;
    recipe.optimizer.momentum = 0.5;
    recipe.optimizer.rest = train::OptimizerKind::kAdamW;
    recipe.neuron.sa_alpha = 1.5;
    recipe.neuron.activation = Activation::kSpike;
    recipe.train.epochs = 100;
    recipe.train.relu_epochs = 3;
    recipe.augment.flip_alternate = false;
    recipe.model.network = "resnet20";
    recipe.model.pooling = Pooling::kAverage;
    recipe.model.whitening = false;
    recipe.model.steps = 4;
    const bool events = random.chance(0.5);
    recipe.data.set = events ? "dvs128-gesture" : "imagenet";
    if (events) {
      recipe.augment.random_resized_crop = 0;
      recipe.augment.color_jitter = 0;
      recipe.augment.crop_fill = CropFill::kBlack;
      recipe.augment.flip_alternate = false;
      recipe.train.steps.clear();
      recipe.data.class_names.clear();
    } else {
      recipe.augment.random_resized_crop = 224;
      recipe.data.frame_size = 0;
    }
    (events ? recipe.augment.autoaugment : recipe.augment.geometric) = false;
    recipe.data.split.clear();
    if (!events) {
      recipe.data.slice = Slice::kCount;
      recipe.data.cache.clear();
      recipe.augment.event_drop = false;
    }
    const auto text = to_toml(recipe);
    EXPECT_EQ(to_toml(parse_recipe(text, "r.toml")), text);
  }
}

TEST(Override, SetsEveryKey) {
  Random random{43};
  for (const auto& key : all_keys()) {
    Recipe expected;
    const auto value = random_value(key, random);
    key.set(expected, value);
    std::vector<std::string> together;
    if (key.path == "schedule.min_lr") together.emplace_back("optimizer.lr=1e6");
    if (key.path == "schedule.warmup_epochs") together.emplace_back("train.epochs=100000");
    if (key.path == "schedule.kind") together.emplace_back("schedule.milestones=[1]");
    if (key.path == "neuron.reset") together.emplace_back("neuron.threshold=2000");
    if (key.path == "neuron.threshold") together.emplace_back("neuron.reset=-2000");
    if (key.path == "optimizer.lr") together.emplace_back("schedule.min_lr=0");
    if (key.path == "train.relu_epochs") together.emplace_back("train.epochs=100000");
    if (key.path == "train.distill" || key.path == "schedule.restart") {
      together.emplace_back("train.relu_epochs=1");
    }
    if (key.path == "augment.flip_alternate") together.emplace_back("augment.flip=true");
    if (key.path == "train.steps") together.emplace_back("model.steps=4");
    if (key.path == "model.whitening") together.emplace_back("model.network=vgg7");
    if (key.path == "model.pooling") together.emplace_back("model.network=vgg13");
    const std::set<std::string> of_events{"data.frame_size",   "data.slice",
                                          "data.split",        "data.cache",
                                          "augment.geometric", "augment.event_drop"};
    if (of_events.count(key.path) > 0) {
      together.emplace_back("data.set=cifar10-dvs");
    }
    if (key.path == "augment.random_resized_crop") together.emplace_back("data.set=image-folder");
    if (key.path == "data.class_names" || value == Value(std::string("imagenet"))) {
      together.emplace_back("augment.random_resized_crop=224");
      together.emplace_back("data.set=imagenet");
    }
    together.push_back(key.path + "=" + print_value(value));
    SCOPED_TRACE(testing::Message() << testing::PrintToString(together));
    Recipe recipe;
    ASSERT_NO_THROW(recipe = parse_recipe("", "r.toml", together));
    EXPECT_EQ(print_value(key.get(recipe)), print_value(value)) << key.path;
  }
}

TEST(Recipe, PhotographsAndTheirKeysGoTogether) {
  const auto parse = [](const std::vector<std::string>& keys) { parse_recipe("", "r.toml", keys); };
  EXPECT_NO_THROW(parse({"data.set=image-folder", "augment.random_resized_crop=64"}));
  expect_error(ErrorKind::kUsage, {"augment.random_resized_crop", "needs the edge", "224"},
               [&] { parse({"data.set=imagenet"}); });
  expect_error(ErrorKind::kUsage, {"augment.random_resized_crop", "many sizes", "cifar10"},
               [&] { parse({"augment.random_resized_crop=32"}); });
  expect_error(ErrorKind::kUsage, {"data.class_names", "photographs"},
               [&] { parse({"data.class_names=names.txt"}); });
  expect_error(ErrorKind::kUsage, {"augment.color_jitter", "still images"}, [&] {
    parse({"data.set=cifar10-dvs", "augment.color_jitter=0.4"});
  });
  expect_error(ErrorKind::kUsage, {"data.corrupt", "refuse or skip", "skp", "did you mean"},
               [&] { parse({"data.corrupt=skp"}); });
}

TEST(DescribeKeys, IsCompleteAndItsDefaultsParse) {
  std::vector<std::string> defaults;
  for (const auto& key : describe_keys()) {
    EXPECT_FALSE(key.meaning.empty()) << key.path;
    EXPECT_FALSE(key.type.empty()) << key.path;
    defaults.push_back(key.path + "=" + key.initial);
  }
  EXPECT_EQ(to_toml(parse_recipe("", "r.toml", defaults)), to_toml(Recipe{}));
}

TEST(CheckResumable, NamesEveryKeyThatMayNotChange) {
  Recipe stored;
  Recipe wanted = stored;
  wanted.threads = 7;
  wanted.train.epochs = 999;
  wanted.data.path = "elsewhere";
  EXPECT_NO_THROW(check_resumable(stored, wanted, "run"));
  wanted.optimizer.lr = 0.5;
  wanted.model.steps = 2;
  expect_error(ErrorKind::kUsage,
               {"run", "optimizer.lr: the run has 0.1, the recipe 0.5",
                "model.steps: the run has 4, the recipe 2"},
               [&] { check_resumable(stored, wanted, "run"); });
}

}  // namespace
}  // namespace staa::recipe
