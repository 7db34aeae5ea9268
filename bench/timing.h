#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <vector>

namespace staa::bench {

inline double seconds(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

inline double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

/// The median time of each work in seconds, over rounds that run all works in turn, after one
/// warm-up round. So other load on the machine affects all of them alike.
inline std::vector<double> medians(int rounds, const std::vector<std::function<void()>>& works) {
  for (const auto& work : works) work();
  std::vector<std::vector<double>> times(works.size());
  for (int i = 0; i < rounds; ++i) {
    for (std::size_t k = 0; k < works.size(); ++k) times[k].push_back(seconds(works[k]));
  }
  std::vector<double> out;
  for (const auto& row : times) out.push_back(median(row));
  return out;
}

}  // namespace staa::bench
