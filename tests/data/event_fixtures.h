#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "staa/events/aedat2.h"
#include "staa/events/atis.h"
#include "staa/util/random.h"
#include "support/support.h"

namespace staa::data {

/// A 34x34 recording from which its label can be learnt: events in a square at the label's
/// position, and noise.
inline std::vector<events::Event> labelled_events(std::int64_t label, std::uint64_t seed,
                                                  std::size_t count = 600) {
  Random random{seed};
  std::vector<events::Event> out;
  for (std::size_t i = 0; i < count; ++i) {
    const bool noise = random.chance(0.2);
    const auto x = noise ? random.below(34) : 2 + label % 4 * 8 + random.below(6);
    const auto y = noise ? random.below(34) : 2 + label / 4 * 8 + random.below(6);
    out.push_back({static_cast<std::int64_t>(i) * 100, static_cast<std::uint16_t>(x),
                   static_cast<std::uint16_t>(y), static_cast<std::uint8_t>(random.below(2))});
  }
  return out;
}

/// Writes N-MNIST in its layout with list files: N.bs2, train.txt and test.txt.
inline void write_tiny_n_mnist(const std::filesystem::path& folder, int train, int test) {
  std::filesystem::create_directories(folder);
  std::string lists[2] = {"#sample #class\n", "#sample #class\n"};
  for (int i = 0; i < train + test; ++i) {
    const int label = i % 10;
    events::write_atis(folder / (std::to_string(i + 1) + ".bs2"),
                       labelled_events(label, static_cast<std::uint64_t>(i)));
    lists[i < train ? 0 : 1] += std::to_string(i + 1) + "\t" + std::to_string(label) + "\n";
  }
  test::write_bytes(folder / "train.txt", lists[0]);
  test::write_bytes(folder / "test.txt", lists[1]);
}

}  // namespace staa::data
