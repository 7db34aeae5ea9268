// The program staa-run on every kind of input, with models with random weights.

#include <nlohmann/json.hpp>

#include "apps/process.h"
#include "runtime/tiny_model.h"
#include "staa/data/augment/fit_image.h"
#include "staa/data/codecs/png.h"
#include "staa/events/atis.h"
#include "staa/runtime/runtime.h"
#include "staa/util/random.h"
#include "support/tiny_data.h"

namespace staa::test {
namespace {

using Json = nlohmann::json;

class StaaRun : public ::testing::Test {
 protected:
  std::string model(const TinyModel& tiny = {}, const std::string& name = "tiny.staa") const {
    const auto file = tiny_model(tiny);
    write_bytes(folder_ / name, {reinterpret_cast<const char*>(file.data()), file.size()});
    return path(name);
  }
  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  std::string random_bytes(std::size_t count) const {
    Random random{7};
    std::string bytes(count, '\0');
    for (auto& byte : bytes) byte = static_cast<char>(random.below(256));
    return bytes;
  }

  static Finished run(const std::vector<std::string>& arguments,
                      const std::string& input = "/dev/null") {
    return Process(Command{STAA_PROGRAM, arguments, input}).wait();
  }

  /// Returns the objects that it prints with --json.
  static std::vector<Json> objects(std::vector<std::string> arguments,
                                   const std::string& input = "/dev/null") {
    arguments.emplace_back("--json");
    const auto ended = run(arguments, input);
    EXPECT_EQ(ended.code, 0) << ended.err;
    std::vector<Json> found;
    std::istringstream lines(ended.out);
    for (std::string line; std::getline(lines, line);) found.push_back(Json::parse(line));
    return found;
  }

  TempFolder folder_;
};

TEST_F(StaaRun, ManyThreadsTellTheSameInTheSameOrder) {
  write_bytes(folder_ / "raw", random_bytes(64 * 150));
  const auto told = [&](const std::string& threads) {
    auto found = objects({model(), "-", "--threads", threads}, path("raw"));
    for (auto& object : found) object.erase("milliseconds");
    return found;
  };
  const auto expected = told("1");
  EXPECT_EQ(expected.size(), 150U);
  EXPECT_EQ(told("3"), expected);
  EXPECT_EQ(told("0"), expected);
  const auto totals = objects({model(), "-", "--threads", "3", "--bench"}, path("raw")).at(0);
  EXPECT_EQ(totals.at("threads"), 3);
  EXPECT_EQ(totals.at("images"), 150);
  EXPECT_GT(totals.at("images_per_s").get<double>(), 0);
  EXPECT_GT(totals.at("weight_bytes").get<double>(), 1000);
  EXPECT_GT(totals.at("session_bytes").get<double>(), 3000);
}

TEST_F(StaaRun, ManyThreadsTellOfWhatStoodBeforeAnError) {
  write_bytes(folder_ / "raw", random_bytes(64 * 10 + 5));
  const auto ended = run({model(), "-", "--threads", "2"}, path("raw"));
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.err.find("image 10 ends after 5 of 64 bytes"), std::string::npos) << ended.err;
  EXPECT_NE(ended.out.find("-:9"), std::string::npos) << ended.out;
  const auto live = run({model(), "--live", "-", "--threads", "2"});
  EXPECT_EQ(live.code, 2);
  EXPECT_NE(live.err.find("--threads"), std::string::npos) << live.err;
}

TEST_F(StaaRun, TheSameImageIsTheSameFromEveryKindOfFile) {
  const auto bytes = random_bytes(64);
  write_bytes(folder_ / "raw", bytes);
  std::filesystem::create_directory(folder_ / "right");
  data::write_png(folder_ / "right" / "one.png", {1, 8, 8},
                  reinterpret_cast<const std::uint8_t*>(bytes.data()));
  using namespace std::string_literals;
  write_bytes(folder_ / "images", "\0\0\x08\x03\0\0\0\x01\0\0\0\x08\0\0\0\x08"s + bytes);
  write_bytes(folder_ / "labels", "\0\0\x08\x01\0\0\0\x01\x01"s);
  write_bytes(folder_ / "records.bin", "\x01"s + bytes);
  const auto tiny = model();
  const auto expected = objects({tiny, "-"}, path("raw"));
  ASSERT_EQ(expected.size(), 1U);
  for (const char* key :
       {"input", "class", "probability", "steps", "milliseconds", "spikes", "energy_mj"}) {
    EXPECT_TRUE(expected[0].contains(key)) << key;
  }
  EXPECT_EQ(expected[0]["steps"], 3);
  EXPECT_GT(expected[0]["spikes"], 0);
  const std::vector<std::vector<std::string>> inputs{{path("right/one.png")},
                                                     {path("right")},
                                                     {path("images")},
                                                     {path("images"), "--labels", path("labels")},
                                                     {path("records.bin")}};
  for (const auto& input : inputs) {
    std::vector<std::string> arguments{tiny};
    arguments.insert(arguments.end(), input.begin(), input.end());
    const auto found = objects(arguments);
    ASSERT_EQ(found.size(), 1U) << input[0];
    EXPECT_EQ(found[0]["probability"], expected[0]["probability"]) << input[0];
    EXPECT_EQ(found[0]["spikes"], expected[0]["spikes"]) << input[0];
    if (input != std::vector<std::string>{path("images")}) {
      EXPECT_EQ(found[0]["label"], "right") << input[0];
    }
  }
}

TEST_F(StaaRun, BothKindsOfCifarRecordsAreRead) {
  TinyModel tiny;
  tiny.input = {3, 8, 8};
  const auto of_colours = model(tiny);
  const auto planes = random_bytes(192);
  std::string raw(192, '\0');
  for (std::size_t i = 0; i < 192; ++i) raw[i % 64 * 3 + i / 64] = planes[i];
  write_bytes(folder_ / "raw", raw);
  write_bytes(folder_ / "one.bin", std::string("\x01", 1) + planes);
  write_bytes(folder_ / "two.bin", std::string("\x05\x01", 2) + planes);
  const auto expected = objects({of_colours, "-"}, path("raw"));
  for (const std::string name : {"one.bin", "two.bin"}) {
    const auto found = objects({of_colours, path(name)});
    ASSERT_EQ(found.size(), 1U);
    EXPECT_EQ(found[0]["probability"], expected[0]["probability"]);
    EXPECT_EQ(found[0]["label"], "right");
  }
  write_bytes(folder_ / "short.bin", planes.substr(1));
  const auto ended = run({of_colours, path("short.bin")});
  EXPECT_EQ(ended.code, 1);
  EXPECT_NE(ended.err.find("short.bin: 191 bytes"), std::string::npos) << ended.err;
}

TEST_F(StaaRun, RecordingsOfEventsAreCutIntoFrames) {
  TinyModel tiny;
  tiny.input = {2, 8, 8};
  const auto of_events = model(tiny);
  std::vector<events::Event> recording;
  Random random{9};
  for (int i = 0; i < 3000; ++i) {
    recording.push_back({i * 10, static_cast<std::uint16_t>(random.below(16)),
                         static_cast<std::uint16_t>(random.below(16)),
                         static_cast<std::uint8_t>(random.below(2))});
  }
  events::write_atis(folder_ / "hand.bin", recording);
  const auto found = objects({of_events, path("hand.bin"), "--sensor", "16x16"});
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]["steps"], 3);
  EXPECT_GT(found[0]["spikes"], 0);
  // Events outside a smaller sensor are left out, which changes the input. Too many of them are an
  // error.
  EXPECT_NE(objects({of_events, path("hand.bin"), "--sensor", "16x12"})[0]["spikes"],
            found[0]["spikes"]);
  const auto refused = run({of_events, path("hand.bin")});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.err.find("outside the sensor of 8x8"), std::string::npos) << refused.err;
  write_bytes(folder_ / "none.bin", "");
  const auto empty = run({of_events, path("none.bin")});
  EXPECT_EQ(empty.code, 1);
  EXPECT_NE(empty.err.find("none.bin: holds no events"), std::string::npos) << empty.err;
  EXPECT_EQ(run({of_events, path("hand.bin"), "--sensor", "16"}).code, 2);
}

/// Returns a NumPy array of floats.
std::string npy_floats(const std::string& shape, const std::vector<float>& values) {
  const auto header = "{'descr': '<f4', 'fortran_order': False, 'shape': " + shape + ", }\n";
  std::string bytes = std::string("\x93NUMPY\x01") + '\0' + static_cast<char>(header.size()) + '\0';
  bytes += header;
  return bytes.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
}

TEST_F(StaaRun, StepsAndTheTimeOfFramesAreChosen) {
  TinyModel tiny;
  tiny.input = {2, 8, 8};
  const auto fixed = model(tiny);
  tiny.aggregate = false;
  const auto free = model(tiny, "free.staa");
  std::vector<events::Event> recorded;
  for (int i = 0; i < 500; ++i) {
    recorded.push_back({20 * i, static_cast<std::uint16_t>(i % 8),
                        static_cast<std::uint16_t>(i / 8 % 8), static_cast<std::uint8_t>(i % 2)});
  }
  events::write_atis(folder_ / "r.bin", recorded);
  const std::vector<std::string> arguments{free, path("r.bin"), "--frame-time", "1ms", "--steps"};
  const auto with_steps = [&](const std::string& steps) {
    auto all = arguments;
    all.push_back(steps);
    return objects(all);
  };
  EXPECT_EQ(with_steps("7")[0]["steps"], 7);
  EXPECT_EQ(with_steps("20")[0]["steps"], 20);  // the last ten are empty
  const auto steps = objects({free, path("r.bin"), "--each-step", "--steps", "4"});
  ASSERT_EQ(steps.size(), 5U);
  for (int t = 0; t < 4; ++t) {
    EXPECT_EQ(steps[static_cast<std::size_t>(t)]["step"], t);
    EXPECT_EQ(steps[static_cast<std::size_t>(t)]["outputs"].size(), 2U);
  }
  const auto refused = run({fixed, path("r.bin"), "--steps", "7"});
  EXPECT_EQ(refused.code, 2);
  EXPECT_NE(refused.err.find("position encoding fixes them at 3"), std::string::npos)
      << refused.err;
}

TEST_F(StaaRun, ArraysGiveEachStepItsInput) {
  TinyModel tiny;
  tiny.aggregate = false;
  const auto file = model(tiny);
  std::vector<float> values(5 * 64);
  Random random{2};
  for (auto& value : values) value = static_cast<float>(random.uniform(-1, 1));
  write_bytes(folder_ / "a.npy", npy_floats("(5, 1, 8, 8)", values));
  const auto found = objects({file, path("a.npy"), "--steps", "5", "--each-step"});
  ASSERT_EQ(found.size(), 6U);
  runtime::Session session(runtime::Model::load(file), {runtime::Path::kAuto, true, 5});
  for (std::size_t t = 0; t < 5; ++t) session.push(values.data() + 64 * t);
  EXPECT_EQ(found.back()["spikes"], session.activity().spikes);
  for (const auto& [shape, what] :
       std::vector<std::pair<std::string, std::string>>{{"(5, 64)", "shape (steps, 1, 8, 8)"},
                                                        {"(4, 1, 8, 8)", "expected 4 steps"},
                                                        {"()", "shape"},
                                                        {"(0, 1, 8, 8)", "shape"}}) {
    write_bytes(folder_ / "b.npy", npy_floats(shape, values));
    const auto refused = run({file, path("b.npy")});
    EXPECT_EQ(refused.code, 1) << shape;
    EXPECT_NE(refused.err.find(what), std::string::npos) << shape << ": " << refused.err;
  }
}

TEST_F(StaaRun, SumsUpAndStopsEarly) {
  write_tiny_mnist(folder_ / "data", 10, 20, 8);
  TinyModel tiny;
  tiny.weights = format::Weights::kInt8;
  tiny.classes = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
  const std::vector<std::string> arguments{model(tiny), path("data/t10k-images-idx3-ubyte"),
                                           "--labels", path("data/t10k-labels-idx1-ubyte"),
                                           "--bench"};
  const auto whole = objects(arguments);
  ASSERT_EQ(whole.size(), 1U);
  EXPECT_EQ(whole[0]["images"], 20);
  EXPECT_EQ(whole[0]["mean_steps"], 3);
  EXPECT_GE(whole[0]["accuracy"], 0);
  EXPECT_LE(whole[0]["accuracy"], 1);
  auto early = arguments;
  early.insert(early.end(), {"--confidence", "0.01"});
  EXPECT_EQ(objects(early)[0]["mean_steps"], 1);
}

TEST_F(StaaRun, FitsImagesOfAnotherShape) {
  const auto tiny = model();
  // Each pixel of a small grey image becomes four pixels of a larger colour image.
  const auto bytes = random_bytes(64);
  std::vector<std::uint8_t> large;
  for (std::size_t y = 0; y < 16; ++y) {
    for (std::size_t x = 0; x < 16; ++x) {
      large.insert(large.end(), 3, static_cast<std::uint8_t>(bytes[y / 2 * 8 + x / 2]));
    }
  }
  data::write_png(folder_ / "large.png", {3, 16, 16}, large.data());
  EXPECT_NE(run({tiny, path("large.png")}).err.find("--fit"), std::string::npos);
  data::Image expected{{3, 16, 16}, large};
  expected = data::fit_image(std::move(expected), {1, 8, 8});
  write_bytes(folder_ / "raw", {reinterpret_cast<const char*>(expected.pixels.data()), 64});
  const auto fitted = objects({tiny, path("large.png"), "--fit"});
  const auto raw = objects({tiny, "-"}, path("raw"));
  ASSERT_EQ(fitted.size(), 1U);
  EXPECT_EQ(fitted[0]["probability"], raw[0]["probability"]);
  EXPECT_EQ(fitted[0]["spikes"], raw[0]["spikes"]);
}

TEST_F(StaaRun, SaysWhatIsWrong) {
  const auto tiny = model();
  const auto expect_said = [&](const std::vector<std::string>& arguments, int code,
                               const std::string& part) {
    const auto ended = run(arguments);
    EXPECT_EQ(ended.code, code) << ended.err;
    EXPECT_EQ(ended.out, "");
    EXPECT_NE(ended.err.find(part), std::string::npos) << ended.err;
  };
  write_bytes(folder_ / "junk", random_bytes(100));
  expect_said({tiny}, 2, "inputs");
  expect_said({path("none.staa"), "-"}, 1, "none.staa");
  expect_said({path("junk"), "-"}, 1, "not a safetensors file");
  expect_said({tiny, path("none.png")}, 1, "no such file");
  expect_said({tiny, path("junk")}, 1, "idx form");
  data::write_png(folder_ / "large.png", {1, 2, 2}, std::vector<std::uint8_t>(4).data());
  expect_said({tiny, path("large.png")}, 1, "the model takes");
  const auto cut = Process(Command{STAA_PROGRAM, {tiny, "-"}, path("junk")}).wait();
  EXPECT_EQ(cut.code, 1);
  EXPECT_NE(cut.err.find("image 1 ends after 36 of 64 bytes"), std::string::npos) << cut.err;
}

}  // namespace
}  // namespace staa::test
