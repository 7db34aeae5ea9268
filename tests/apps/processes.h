#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>

#include "apps/tiny_command.h"
#include "run/compare_runs.h"
#include "staa/distributed/launch.h"
#include "staa/format/safetensors.h"

namespace staa::test {

/// The largest difference of a weight between two checkpoints, relative to the largest weight of
/// its tensor.
inline double weight_difference(const std::filesystem::path& a, const std::filesystem::path& b) {
  const format::SafetensorsReader first(a);
  const format::SafetensorsReader second(b);
  double most = 0;
  for (const auto& info : first.tensors()) {
    const auto* other = second.find(info.name);
    if (info.dtype != format::DType::kF32 || info.name.rfind("optimizer/", 0) == 0) continue;
    EXPECT_NE(other, nullptr) << info.name;
    if (other == nullptr) continue;
    const auto* x = reinterpret_cast<const float*>(first.data(info));
    const auto* y = reinterpret_cast<const float*>(second.data(*other));
    double largest = 0;
    double apart = 0;
    for (std::size_t i = 0; i < info.bytes / sizeof(float); ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(x[i])));
      apart = std::max(apart, std::abs(static_cast<double>(x[i]) - static_cast<double>(y[i])));
    }
    if (largest > 0) most = std::max(most, apart / largest);
  }
  return most;
}

/// The processes with the parent `parent`, in the order of the system's list, in which they were
/// started.
inline std::vector<pid_t> children_of(pid_t parent) {
  std::ifstream list("/proc/" + std::to_string(parent) + "/task/" + std::to_string(parent) +
                     "/children");
  std::vector<pid_t> children;
  for (pid_t child = 0; list >> child;) children.push_back(child);
  return children;
}

/// Trains the tiny recipe in several processes.
class ManyProcesses : public TinyCommand {
 protected:
  void SetUp() override {
    if (!distributed::available()) {
      GTEST_SKIP() << "this build has no c10d with Gloo (libgloo-dev)";
    }
  }

  std::vector<std::string> on(int processes, const std::string& name,
                              const std::vector<std::string>& more = {}) const {
    auto words = train({"--processes", std::to_string(processes)}, name);
    words.insert(words.end(), more.begin(), more.end());
    return words;
  }
  std::filesystem::path last(const std::string& name) const {
    return folder_ / name / "last.safetensors";
  }
};

}  // namespace staa::test
