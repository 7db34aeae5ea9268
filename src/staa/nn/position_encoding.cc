#include "staa/nn/position_encoding.h"

#include <cmath>

namespace staa::nn {

torch::Tensor sinusoidal_encoding(std::int64_t steps, std::int64_t channels) {
  auto table = torch::empty({steps, channels});
  auto values = table.accessor<float, 2>();
  for (std::int64_t t = 0; t < steps; ++t) {
    for (std::int64_t c = 0; c < channels; ++c) {
      const double exponent = static_cast<double>(c / 2 * 2) / static_cast<double>(channels);
      const double angle = static_cast<double>(t) / std::pow(10000.0, exponent);
      values[t][c] = static_cast<float>(c % 2 == 0 ? std::sin(angle) : std::cos(angle));
    }
  }
  return table;
}

}  // namespace staa::nn
