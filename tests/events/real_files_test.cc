// Tests on real recordings, which are not part of the project. A test that is skipped says which
// recording it needs.

#include <cstdlib>
#include <filesystem>

#include "events/fixtures.h"
#include "staa/events/gesture.h"

namespace staa::events {
namespace {

namespace fs = std::filesystem;

class RealFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("STAA_TEST_EVENT_SAMPLES");
    if (folder == nullptr) {
      GTEST_SKIP() << "needs STAA_TEST_EVENT_SAMPLES: a folder with aedat2-dvs128, "
                      "aedat31-synthetic, n-mnist and n-caltech101";
    }
    folder_ = folder;
  }

  /// Reads a whole file and checks that no event is outside of the sensor and that times do not
  /// decrease.
  Extent read(const fs::path& path, Sensor sensor, std::uint64_t bytes_an_event) {
    Recording recording;
    recording.path = folder_ / path;
    recording.format = format_of(recording.path);
    recording.sensor = sensor;
    const auto stream = open_recording(recording);
    const auto events = read_all(*stream);
    EXPECT_EQ(stream->skipped().outside, 0U) << path;
    EXPECT_EQ(stream->skipped().invalid, 0U) << path;
    for (std::size_t i = 1; i < events.size(); ++i) {
      if (events[i].t < events[i - 1].t) {
        ADD_FAILURE() << path << ": event " << i << ": time falls";
        break;
      }
    }
    if (bytes_an_event > 0) {
      EXPECT_EQ((events.size() + stream->skipped().special) * bytes_an_event,
                fs::file_size(recording.path) / bytes_an_event * bytes_an_event)
          << path;
    }
    Extent extent;
    extend(extent, events.data(), events.size());
    return extent;
  }

  fs::path folder_;
};

TEST_F(RealFiles, Dvs128InAedat2) {
  for (const char* name : {"Caixa", "Lapiseira", "Tesoura"}) {
    const auto extent =
        read(fs::path("aedat2-dvs128") / (std::string(name) + ".aedat"), {128, 128}, 0);
    EXPECT_GT(extent.count, 200'000U);
  }
}

TEST_F(RealFiles, Aedat31WithItsLabels) {
  const std::vector<std::pair<std::string, std::uint64_t>> files{
      {"aedat1_for_testing", 12}, {"aedat2_led", 18}, {"aedat3_fluorescent", 5}};
  for (const auto& [name, count] : files) {
    const fs::path path = fs::path("aedat31-synthetic") / (name + ".aedat");
    Recording recording;
    recording.path = folder_ / path;
    recording.format = Format::kAedat31;
    recording.sensor = {128, 128};
    const auto stream = open_recording(recording);
    EXPECT_EQ(read_all(*stream).size() + stream->skipped().total(), count) << name;
    const auto labels = folder_ / "aedat31-synthetic" / (name + "_labels.csv");
    EXPECT_GE(read_gesture_spans(labels, 11).size(), 2U);
  }
}

TEST_F(RealFiles, NMnistAndNCaltech101) {
  const auto digit = read("n-mnist/sample_nmnist.bin", {34, 34}, 5);
  EXPECT_GT(digit.last - digit.first, 250'000);  // three moves of 0.1 s
  EXPECT_LT(digit.last - digit.first, 350'000);
  const auto face = read("n-caltech101/faces_easy_0001.bin", {240, 180}, 5);
  EXPECT_GT(face.last - face.first, 250'000);
  EXPECT_LT(face.last - face.first, 350'000);
}

}  // namespace
}  // namespace staa::events
