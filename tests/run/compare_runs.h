#pragma once

#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "staa/format/safetensors.h"
#include "staa/run/run_folder.h"
#include "staa/util/file.h"

namespace staa::test {

/// Compares all tensors of two checkpoints: weights, buffers, optimiser state and generator state.
inline void expect_same_tensors(const std::filesystem::path& a, const std::filesystem::path& b) {
  const format::SafetensorsReader first(a);
  const format::SafetensorsReader second(b);
  ASSERT_EQ(first.tensors().size(), second.tensors().size());
  for (const auto& tensor : first.tensors()) {
    const auto* other = second.find(tensor.name);
    ASSERT_NE(other, nullptr) << tensor.name;
    ASSERT_EQ(tensor.bytes, other->bytes) << tensor.name;
    EXPECT_EQ(std::memcmp(first.data(tensor), second.data(*other), tensor.bytes), 0) << tensor.name;
  }
}

/// Compares two checkpoints entirely, except for the time that training took.
inline void expect_same_checkpoint(const std::filesystem::path& a, const std::filesystem::path& b) {
  expect_same_tensors(a, b);
  const format::SafetensorsReader first(a);
  const format::SafetensorsReader second(b);
  auto progress_a = nlohmann::json::parse(first.metadata().at("staa.progress"));
  auto progress_b = nlohmann::json::parse(second.metadata().at("staa.progress"));
  progress_a.erase("seconds");
  progress_b.erase("seconds");
  EXPECT_EQ(progress_a, progress_b);
}

/// The bytes of a checkpoint's parameters, by name. Only a step of the optimiser changes these.
inline std::map<std::string, std::string> read_parameters(const std::filesystem::path& checkpoint) {
  const format::SafetensorsReader reader(checkpoint);
  std::map<std::string, std::string> parameters;
  for (const auto& info : reader.tensors()) {
    const bool buffer = info.name.find(".running_") != std::string::npos ||
                        info.name.find(".num_batches") != std::string::npos;
    if (buffer || info.name.find('/') != std::string::npos) continue;
    parameters[info.name].assign(reinterpret_cast<const char*>(reader.data(info)), info.bytes);
  }
  return parameters;
}

/// The rows of a run's metrics.jsonl without the values that depend on the clock.
inline std::vector<nlohmann::json> read_metrics(const std::filesystem::path& run) {
  std::vector<nlohmann::json> rows;
  std::istringstream in(read_text_file(run::RunFolder(run).metrics()));
  for (std::string line; std::getline(in, line);) {
    rows.push_back(nlohmann::json::parse(line));
    for (const char* key : {"images_per_s", "loader_wait_s", "train_seconds"}) {
      rows.back().erase(key);
    }
  }
  return rows;
}

}  // namespace staa::test
