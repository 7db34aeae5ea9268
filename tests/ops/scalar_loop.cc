#include "ops/scalar_loop.h"

#include <cmath>
#include <functional>

namespace staa::test {
namespace {

/// A number and its derivative in the chosen direction.
struct Dual {
  double value = 0;
  double slope = 0;
};

Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.slope + b.slope}; }
Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.slope - b.slope}; }
Dual operator*(Dual a, Dual b) {
  return {a.value * b.value, a.slope * b.value + a.value * b.slope};
}
Dual operator/(Dual a, Dual b) {
  return {a.value / b.value, (a.slope * b.value - a.value * b.slope) / (b.value * b.value)};
}
Dual constant(double value) { return {value, 0}; }
Dual logistic(Dual x) {
  const double s = 1 / (1 + std::exp(-x.value));
  return {s, s * (1 - s) * x.slope};
}
Dual relu(Dual x) { return x.value > 0 ? x : Dual{}; }
Dual square_root(Dual x) {
  const double root = std::sqrt(x.value);
  return {root, x.slope / (2 * root)};
}

using Vector = std::vector<Dual>;
using Image = std::vector<Vector>;  // [C][HW]

double surrogate_slope(double x, const NeuronOptions& options) {
  const double a = options.surrogate_width;
  const double scale = options.surrogate_scale;
  switch (options.surrogate) {
    case Surrogate::kRectangle:
      return std::abs(x) < a / 2 ? scale / a : 0;  // Eq. 5
    case Surrogate::kTriangle:
      return scale * std::max(0.0, 1 - std::abs(x) / a) / a;
    case Surrogate::kSigmoid: {
      const double s = 1 / (1 + std::exp(-4 * x / a));
      return scale * 4 / a * s * (1 - s);
    }
    case Surrogate::kArctan: {
      const double scaled = M_PI * x / a;
      return scale / (a * (1 + scaled * scaled));
    }
    case Surrogate::kFastSigmoid: {
      const double root = 1 + 2 * std::abs(x) / a;
      return scale / (a * root * root);
    }
  }
  return 0;
}

Vector numbers(const torch::Tensor& tensor, const Tangents& tangents) {
  const auto value = tensor.detach().contiguous().view({-1});
  const auto slope = tangents.get(tensor).contiguous().view({-1});
  Vector out(static_cast<std::size_t>(value.numel()));
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = {value.data_ptr<double>()[i], slope.data_ptr<double>()[i]};
  }
  return out;
}

// Returns V for the step's input and the membrane after the previous step.
using Update = std::function<Image(Image x, Image h, std::size_t t)>;

ScalarResult run(const torch::Tensor& input, const NeuronOptions& options, const Tangents& tangents,
                 const Update& update) {
  const auto steps = static_cast<std::size_t>(input.size(0));
  const auto batch = static_cast<std::size_t>(input.size(1));
  const auto channels = static_cast<std::size_t>(input.size(2));
  const auto pixels = static_cast<std::size_t>(input.size(3) * input.size(4));
  const auto data = numbers(input, tangents);
  auto spikes = torch::zeros(input.sizes(), torch::kDouble);
  auto slopes = torch::zeros(input.sizes(), torch::kDouble);
  for (std::size_t b = 0; b < batch; ++b) {
    Image h(channels, Vector(pixels));
    for (std::size_t t = 0; t < steps; ++t) {
      const std::size_t start = (t * batch + b) * channels * pixels;
      Image x(channels, Vector(pixels));
      for (std::size_t i = 0; i < channels * pixels; ++i)
        x[i / pixels][i % pixels] = data[start + i];
      const Image v = update(x, h, t);
      for (std::size_t i = 0; i < channels * pixels; ++i) {
        const Dual membrane = v[i / pixels][i % pixels];
        if (options.activation == Activation::kRelu) {  // H stays 0
          const Dual out = relu(membrane);
          spikes.data_ptr<double>()[start + i] = out.value;
          slopes.data_ptr<double>()[start + i] = out.slope;
          continue;
        }
        const double x_threshold = membrane.value - options.threshold;
        const Dual s{x_threshold >= 0 ? 1.0 : 0.0,  // Eq. 2
                     surrogate_slope(x_threshold, options) * membrane.slope};
        spikes.data_ptr<double>()[start + i] = s.value;
        slopes.data_ptr<double>()[start + i] = s.slope;
        const Dual s_reset = options.detach_reset ? constant(s.value) : s;
        h[i / pixels][i % pixels] =
            constant(options.reset) * s_reset + membrane * (constant(1) - s_reset);  // Eq. 3
      }
    }
  }
  return {spikes, slopes};
}

/// Returns f(element of a, element of b) for all elements.
Image combine(const Image& a, const Image& b, const std::function<Dual(Dual, Dual)>& f) {
  Image out = a;
  for (std::size_t c = 0; c < a.size(); ++c) {
    for (std::size_t p = 0; p < a[c].size(); ++p) out[c][p] = f(a[c][p], b[c][p]);
  }
  return out;
}

Image lif_update(const Image& x, const Image& h, const NeuronOptions& options) {
  return combine(x, h, [&](Dual x_i, Dual h_i) {
    const Dual leak = (h_i - constant(options.reset)) / constant(options.tau);
    return options.decay_input ? h_i + x_i / constant(options.tau) - leak  // Eq. 1
                               : h_i + x_i - leak;
  });
}

Vector matrix_vector(const Vector& matrix, const Vector& bias, const Vector& x) {
  Vector y = bias;
  for (std::size_t i = 0; i < y.size(); ++i) {
    for (std::size_t j = 0; j < x.size(); ++j) y[i] = y[i] + matrix[i * x.size() + j] * x[j];
  }
  return y;
}

void add_to_channels(Image& x, const Vector& values) {
  for (std::size_t c = 0; c < x.size(); ++c) {
    for (auto& v : x[c]) v = v + values[c];
  }
}

Vector layer_norm(const Vector& q, const Vector& scale, const Vector& shift) {
  const Dual count = constant(static_cast<double>(q.size()));
  Dual mean;
  for (const Dual v : q) mean = mean + v / count;
  Dual variance;
  for (const Dual v : q) variance = variance + (v - mean) * (v - mean) / count;
  Vector out;
  for (std::size_t i = 0; i < q.size(); ++i) {
    out.push_back((q[i] - mean) / square_root(variance + constant(1e-5)) * scale[i] + shift[i]);
  }
  return out;
}

void apply_gc(Image& x, const ops::GcParameters& gc, const Tangents& tangents) {
  if (!gc.defined()) return;
  const auto get = [&](const torch::Tensor& tensor) { return numbers(tensor, tangents); };
  const auto key = get(gc.key_weight);
  const Dual key_bias = get(gc.key_bias)[0];
  Vector context(x.size());
  for (std::size_t p = 0; p < x[0].size(); ++p) {  // Eq. 7
    Dual k = key_bias;
    for (std::size_t c = 0; c < x.size(); ++c) k = k + key[c] * x[c][p];
    for (std::size_t c = 0; c < x.size(); ++c) context[c] = context[c] + logistic(k) * x[c][p];
  }
  const auto query = matrix_vector(get(gc.query_weight), get(gc.query_bias), context);  // Eq. 8
  auto normed = layer_norm(query, get(gc.norm_weight), get(gc.norm_bias));
  for (auto& v : normed) v = relu(v);
  add_to_channels(x, matrix_vector(get(gc.value_weight), get(gc.value_bias), normed));  // 9, 10
}

void apply_sa(Image& u, const ops::SaParameters& sa, const NeuronOptions& options,
              const Tangents& tangents) {
  const bool inside = options.sa_gain == SaGain::kInside;
  const double alpha = inside ? options.sa_alpha : 1;
  const double outer = inside ? 1 : options.sa_alpha;
  Vector gate(u.size(), Dual{});  // logistic(0) = 1/2 if the block is switched off
  if (sa.defined()) {
    const auto get = [&](const torch::Tensor& tensor) { return numbers(tensor, tangents); };
    Vector pooled;
    for (const auto& row : u) {
      Dual sum;
      for (const Dual v : row) sum = sum + v;
      pooled.push_back(constant(alpha / static_cast<double>(row.size())) * sum);
    }
    auto reduced = matrix_vector(get(sa.reduce_weight), get(sa.reduce_bias), pooled);
    for (auto& v : reduced) v = relu(v);
    gate = matrix_vector(get(sa.expand_weight), get(sa.expand_bias), reduced);
  }
  for (std::size_t c = 0; c < u.size(); ++c) {
    for (auto& v : u[c]) v = v * constant(outer) * logistic(gate[c]);  // Eq. 12
  }
}

}  // namespace

ScalarResult scalar_lif(const torch::Tensor& x, const NeuronOptions& options,
                        const Tangents& tangents) {
  return run(x, options, tangents, [&](const Image& x_t, const Image& h, std::size_t) {
    return lif_update(x_t, h, options);
  });
}

ScalarResult scalar_adaptive_lif(const torch::Tensor& x, const torch::Tensor& decay,
                                 const torch::Tensor& gain, const NeuronOptions& options,
                                 const Tangents& tangents) {
  const auto m = numbers(decay, tangents);
  const auto n = numbers(gain, tangents);
  return run(x, options, tangents, [&](const Image& x_t, const Image& h, std::size_t) {
    Image v = x_t;
    for (std::size_t c = 0; c < v.size(); ++c) {
      for (std::size_t p = 0; p < v[c].size(); ++p) v[c][p] = m[c] * h[c][p] + n[c] * x_t[c][p];
    }
    return v;  // Eq. 6
  });
}

ScalarState scalar_lif_with_state(const torch::Tensor& x, const torch::Tensor& decay,
                                  const torch::Tensor& gain, const torch::Tensor& membrane,
                                  const NeuronOptions& options,
                                  const ops::MembraneOptions& membranes, const Tangents& tangents) {
  const auto fire = [&](Dual v) {
    const double distance = v.value - options.threshold;
    return Dual{distance >= 0 ? 1.0 : 0.0, surrogate_slope(distance, options) * v.slope};
  };
  const auto reset = [&](Dual v) {
    const Dual s = options.detach_reset ? constant(fire(v).value) : fire(v);
    if (membranes.subtract) return v - constant(*membranes.subtract) * s;
    return constant(options.reset) * s + v * (constant(1) - s);
  };
  const auto data = numbers(x, tangents);
  const auto m = numbers(decay, tangents);
  const auto n = numbers(gain, tangents);
  const auto slab = static_cast<std::size_t>(x[0].numel());
  const auto pixels = static_cast<std::size_t>(x.size(3) * x.size(4));
  auto h = membrane.defined() ? numbers(membrane, tangents) : Vector(slab);
  if (membrane.defined() && membranes.before_reset) {
    for (auto& value : h) value = reset(value);
  }
  ScalarState out;
  for (auto* tensor : {&out.spikes.spikes, &out.spikes.tangent}) {
    *tensor = torch::zeros(x.sizes(), torch::kDouble);
  }
  for (auto* tensor : {&out.membrane.spikes, &out.membrane.tangent}) {
    *tensor = torch::zeros(x.sizes().slice(1), torch::kDouble);
  }
  const auto put = [](const ScalarResult& result, std::size_t i, Dual value) {
    result.spikes.data_ptr<double>()[i] = value.value;
    result.tangent.data_ptr<double>()[i] = value.slope;
  };
  for (std::size_t i = 0; i < slab; ++i) {
    const auto c = i / pixels % m.size();
    for (std::size_t t = 0; t < data.size() / slab; ++t) {
      const Dual v = m[c] * h[i] + n[c] * data[t * slab + i];
      put(out.spikes, t * slab + i, fire(v));
      h[i] = reset(v);
      put(out.membrane, i, membranes.before_reset ? v : h[i]);
    }
  }
  return out;
}

ScalarResult scalar_staa_lif(const torch::Tensor& x, const ops::StaaLifParameters& parameters,
                             const NeuronOptions& options, const std::vector<bool>& dropped,
                             const Tangents& tangents) {
  const auto channels = static_cast<std::size_t>(x.size(2));
  const auto steps_in_table =
      parameters.pe.defined() ? static_cast<std::size_t>(parameters.pe.size(-2)) : 0;
  const auto pe = parameters.pe.defined() ? numbers(parameters.pe, tangents) : Vector();
  const auto add_pe = [&](Image& image, std::size_t table, std::size_t t) {
    const auto row =
        pe.begin() + static_cast<std::ptrdiff_t>((table * steps_in_table + t) * channels);
    add_to_channels(image, Vector(row, row + static_cast<std::ptrdiff_t>(channels)));  // Eq. 11
  };
  const auto add = [](Dual a, Dual b) { return a + b; };

  return run(x, options, tangents, [&](Image x_t, Image h, std::size_t t) {
    if (!dropped.empty() && dropped[t]) {
      return options.tsrd_fallback == TsrdFallback::kLif ? lif_update(x_t, h, options)
                                                         : combine(x_t, h, add);
    }
    const bool on = !pe.empty();
    const auto placement = options.pe_placement;
    const bool both = placement == PePlacement::kBoth;
    if (on && (both || placement == PePlacement::kSpatial)) add_pe(x_t, 0, t);
    if (on && (both || placement == PePlacement::kTemporal)) add_pe(h, both ? 1 : 0, t);
    apply_gc(x_t, parameters.gc1, tangents);
    apply_gc(h, parameters.gc2, tangents);
    Image u = combine(x_t, h, add);  // Eq. 13
    if (on && placement == PePlacement::kPost) add_pe(u, 0, t);
    apply_sa(u, parameters.sa, options, tangents);  // Eq. 14
    return u;
  });
}

}  // namespace staa::test
