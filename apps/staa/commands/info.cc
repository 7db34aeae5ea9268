#include "cli/info.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/version.h>

#include <iostream>
#include <nlohmann/json.hpp>
#include <thread>

#include "staa/data/sets/open.h"
#include "staa/models/registry.h"
#include "staa/options/network_table.h"

namespace staa::app {

int info_command(const InfoOptions& options) {
  const bool cuda = torch::cuda::is_available();
  const auto devices = cuda ? static_cast<std::int64_t>(torch::cuda::device_count()) : 0;
  if (options.json) {
    const nlohmann::ordered_json object{{"version", STAA_VERSION},
                                        {"libtorch", TORCH_VERSION},
                                        {"cores", std::thread::hardware_concurrency()},
                                        {"cuda_devices", devices},
                                        {"networks", network_names()},
                                        {"data_sets", data::known_sets()}};
    std::cout << object.dump(2) << '\n';
    return 0;
  }
  std::cout << fmt::format(
      "staa       {}\nLibTorch   {}\ncores      {}\nCUDA       {}\nnetworks   {}\ndata sets  {}\n"
      "\nThe keys of a recipe: staa info --keys\n",
      STAA_VERSION, TORCH_VERSION, std::thread::hardware_concurrency(),
      cuda ? fmt::format("{} device{}", devices, devices == 1 ? "" : "s") : "none",
      fmt::join(network_names(), ", "), fmt::join(data::known_sets(), ", "));
  return 0;
}

}  // namespace staa::app
