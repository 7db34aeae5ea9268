#include "staa/run/environment.h"

#include <ATen/Parallel.h>
#include <torch/version.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <thread>

#include "staa/ops/cuda.h"
#include "staa/util/text.h"

namespace staa::run {
namespace {

/// The text after `separator` in the first line of `path` that begins with `key`, or "".
std::string look_up(const char* path, const std::string& key, char separator) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    if (line.rfind(key, 0) != 0) continue;
    auto value = line.substr(std::min(line.size(), line.find(separator) + 1));
    const auto first = value.find_first_not_of(" \t\"");
    const auto last = value.find_last_not_of(" \t\"");
    return first == std::string::npos ? "" : value.substr(first, last - first + 1);
  }
  return "";
}

}  // namespace

std::string describe_environment(torch::Device device) {
  nlohmann::ordered_json object{{"started", utc_now("%Y-%m-%dT%H:%M:%SZ")},
                                {"staa", STAA_VERSION},
                                {"libtorch", TORCH_VERSION},
                                {"compiler", __VERSION__},
                                {"system", look_up("/etc/os-release", "PRETTY_NAME", '=')},
                                {"processor", look_up("/proc/cpuinfo", "model name", ':')},
                                {"cores", std::thread::hardware_concurrency()},
                                {"threads", at::get_num_threads()},
                                {"device", device.str()}};
  if (const auto gpu = ops::cuda::device_name(device); !gpu.empty()) object["gpu"] = gpu;
  return object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace staa::run
