#include "staa/ops/reference/neurons.h"

#include "staa/ops/reference/blocks.h"
#include "staa/ops/surrogate.h"
#include "staa/util/error.h"

namespace staa::ops::reference {
namespace {

torch::Tensor fire(const torch::Tensor& v, const NeuronOptions& options) {
  return spike(v, options.threshold, options.surrogate, options.surrogate_width,
               options.surrogate_scale);  // Eq. 2
}

/// H after the reset of a membrane V with spikes `s`.
torch::Tensor reset(const torch::Tensor& v, const torch::Tensor& s, const NeuronOptions& options,
                    const std::optional<double>& subtract = {}) {
  const auto s_reset = options.detach_reset ? s.detach() : s;
  if (subtract) return v - *subtract * s_reset;
  const auto h = v * (1 - s_reset);  // Eq. 3
  return options.reset == 0 ? h : h + options.reset * s_reset;
}

/// Fires and resets in every time step. `membrane(x_t, h, t)` is the update that distinguishes the
/// kinds of neurons.
template <typename MembraneUpdate>
torch::Tensor run(const torch::Tensor& x, const NeuronOptions& options, MembraneUpdate membrane) {
  if (x.dim() != 5) {
    fail(ErrorKind::kRuntime, "a neuron's input must be [T, B, C, H, W], found {} dimensions",
         x.dim());
  }
  std::vector<torch::Tensor> spikes;
  auto h = torch::zeros_like(x[0]);
  for (std::int64_t t = 0; t < x.size(0); ++t) {
    const auto v = membrane(x[t], h, t);
    if (options.activation == Activation::kRelu) {
      spikes.push_back(torch::relu(v));
      continue;
    }
    const auto s = fire(v, options);
    h = reset(v, s, options);
    spikes.push_back(s);
  }
  // cat preserves the channels-last order of the steps; stack would not.
  return torch::cat(spikes, 0).view(x.sizes());
}

torch::Tensor lif_update(const torch::Tensor& x, const torch::Tensor& h,
                         const NeuronOptions& options) {
  // Eq. 1. Without decay_input X is not divided by tau.
  return h - (h - options.reset) / options.tau + x * options.lif_update().gain;
}

/// [C] -> [C, 1, 1], for broadcasting over pixels.
torch::Tensor per_channel(const torch::Tensor& values) {
  return values.unsqueeze(-1).unsqueeze(-1);
}

}  // namespace

torch::Tensor lif(const torch::Tensor& x, const NeuronOptions& options) {
  return run(x, options, [&](const torch::Tensor& x_t, const torch::Tensor& h, std::int64_t) {
    return lif_update(x_t, h, options);
  });
}

torch::Tensor adaptive_lif(const torch::Tensor& x, const torch::Tensor& decay,
                           const torch::Tensor& gain, const NeuronOptions& options) {
  return run(x, options, [&](const torch::Tensor& x_t, const torch::Tensor& h, std::int64_t) {
    return per_channel(decay) * h + per_channel(gain) * x_t;  // Eq. 6
  });
}

SpikesAndMembrane lif_with_state(const torch::Tensor& x, const torch::Tensor& decay,
                                 const torch::Tensor& gain, const torch::Tensor& membrane,
                                 const NeuronOptions& options, const MembraneOptions& membranes) {
  std::vector<torch::Tensor> spikes;
  auto h = membrane.defined() ? membrane : torch::zeros_like(x[0]);
  if (membrane.defined() && membranes.before_reset) {
    h = reset(h, fire(h, options), options, membranes.subtract);
  }
  torch::Tensor v;
  for (std::int64_t t = 0; t < x.size(0); ++t) {
    v = per_channel(decay) * h + per_channel(gain) * x[t];  // Eq. 6
    spikes.push_back(fire(v, options));
    h = reset(v, spikes.back(), options, membranes.subtract);
  }
  return {torch::cat(spikes, 0).view(x.sizes()), membranes.before_reset ? v : h};
}

torch::Tensor staa_lif(const torch::Tensor& x, const StaaLifParameters& parameters,
                       const NeuronOptions& options, const std::vector<bool>& dropped,
                       const AggregatorObserver& observe) {
  const auto placement = options.pe_placement;
  const bool has_pe = parameters.pe.defined();
  const bool both = placement == PePlacement::kBoth;
  const auto encode = [&](const torch::Tensor& values, bool here, std::int64_t table,
                          std::int64_t t) {
    if (!has_pe || !here) return values;
    const auto& pe = both ? parameters.pe[table] : parameters.pe;
    return values + per_channel(pe[t]);  // Eq. 11
  };

  return run(x, options, [&](const torch::Tensor& x_t, const torch::Tensor& h, std::int64_t t) {
    if (!dropped.empty() && dropped.at(static_cast<std::size_t>(t))) {
      return options.tsrd_fallback == TsrdFallback::kLif ? lif_update(x_t, h, options) : x_t + h;
    }
    const auto x_encoded = encode(x_t, both || placement == PePlacement::kSpatial, 0, t);
    const auto h_encoded = encode(h, both || placement == PePlacement::kTemporal, 1, t);
    const auto u = apply_global_context(x_encoded, parameters.gc1) +
                   apply_global_context(h_encoded, parameters.gc2);  // Eq. 13
    const auto u_encoded = encode(u, placement == PePlacement::kPost, 0, t);
    if (observe) observe(x_encoded, h_encoded, u_encoded);
    return apply_step_attention(u_encoded, parameters.sa, options);  // Eq. 14
  });
}

}  // namespace staa::ops::reference
