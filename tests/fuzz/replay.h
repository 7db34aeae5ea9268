#pragma once

#include <filesystem>

#include "fuzz/reader.h"
#include "staa/util/file.h"
#include "support/support.h"

namespace staa::fuzz {

/// Runs the readers on their corpora in tests/fuzz. Each file must be read or refused with an
/// Error.
template <typename Readers>
void replay_corpus(const Readers& readers) {
  for (const auto& reader : readers) {
    std::size_t files = 0;
    const auto folder = std::filesystem::path(STAA_FUZZ_CORPUS) / reader.name;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
      const auto bytes = read_file(entry.path());
      EXPECT_NO_THROW(read_bytes(reader.read, bytes.data(), bytes.size())) << entry.path();
      ++files;
    }
    EXPECT_GT(files, 0U) << folder;
  }
}

}  // namespace staa::fuzz
