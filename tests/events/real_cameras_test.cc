// Compares real recordings of current cameras with the readers of other programs. Neither are part
// of the project; a test that is skipped says what it needs.

#include <fmt/format.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>

#include "events/fixtures.h"
#include "staa/events/writer.h"

namespace staa::events {
namespace {

class RealCameras : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* folder = std::getenv("STAA_TEST_CAMERA_SAMPLES");
    const char* python = std::getenv("STAA_TEST_PYTHON");
    if (folder == nullptr || python == nullptr) {
      GTEST_SKIP() << "needs STAA_TEST_CAMERA_SAMPLES, a folder with evt2_sample.raw, "
                      "evt3_sample.raw, sample_ncars.dat and sample.aedat4, and STAA_TEST_PYTHON, "
                      "an interpreter that has NumPy, expelliarmus and aedat";
    }
    folder_ = folder;
    python_ = python;
  }

  void expect_same(const std::string& name, Format format, const std::string& kind) {
    Recording recording;
    recording.path = folder_ / name;
    recording.format = format_of(recording.path);
    ASSERT_EQ(recording.format, format);
    const auto stream = open_recording(recording);
    const auto converted = temporary_ / "converted.npz";
    EXPECT_GT(write_recording(*stream, converted, Format::kNpz).events, 2000U);
    EXPECT_EQ(stream->skipped().invalid + stream->skipped().outside, 0U);
    const auto command = fmt::format("'{}' '{}' {} '{}' '{}'", python_, STAA_COMPARE_READERS, kind,
                                     recording.path.string(), converted.string());
    const int status = std::system(command.c_str());
    constexpr int kNotInstalled = 77;
    if (WIFEXITED(status) && WEXITSTATUS(status) == kNotInstalled) {
      GTEST_SKIP() << "the other reader is not installed";
    }
    EXPECT_EQ(status, 0) << command;
  }

  std::filesystem::path folder_;
  std::string python_;
  test::TempFolder temporary_;
};

TEST_F(RealCameras, Evt2) { expect_same("evt2_sample.raw", Format::kEvt2, "evt2"); }
TEST_F(RealCameras, Evt3) { expect_same("evt3_sample.raw", Format::kEvt3, "evt3"); }
TEST_F(RealCameras, DatOfNCars) { expect_same("sample_ncars.dat", Format::kDat, "dat"); }
TEST_F(RealCameras, Aedat4) { expect_same("sample.aedat4", Format::kAedat4, "aedat4"); }

}  // namespace
}  // namespace staa::events
