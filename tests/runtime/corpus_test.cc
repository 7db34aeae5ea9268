// Replays the fuzzer's corpus of model files: each must be read or refused without any other error.

#include <filesystem>

#include "fuzz/model.h"
#include "staa/util/file.h"
#include "support/support.h"

namespace staa::fuzz {
namespace {

TEST(FuzzCorpus, ModelsAreReadOrRefused) {
  std::size_t read = 0;
  std::size_t refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(STAA_FUZZ_CORPUS "/model")) {
    const auto bytes = read_file(entry.path());
    EXPECT_NO_THROW(++(run_model(bytes.data(), bytes.size()) ? read : refused)) << entry.path();
  }
  EXPECT_GT(read, 0U);
  EXPECT_GT(refused, 0U);
}

}  // namespace
}  // namespace staa::fuzz
