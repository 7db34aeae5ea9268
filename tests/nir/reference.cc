#include "nir/reference.h"

#include <cmath>
#include <stdexcept>
#include <utility>

namespace staa::test {
namespace {

double at(const nir::Array& array, std::size_t i) {
  return array.values.size() == 1 ? array.values[0] : array.values.at(i);
}

double constant(const nir::Node& node, const std::string& key, std::size_t i, double otherwise) {
  const auto found = node.arrays.find(key);
  return found == node.arrays.end() ? otherwise : at(found->second, i);
}

std::int64_t number(const nir::Node& node, const std::string& key, std::size_t i) {
  return static_cast<std::int64_t>(at(node.arrays.at(key), i));
}

}  // namespace

Reference::Reference(nir::Node graph, nir::Timing timing, std::set<nir::Edge> late)
    : graph_(std::move(graph)), timing_(timing), late_(std::move(late)) {}

const nir::Node& Reference::node(const std::string& name) const {
  for (const auto& node : graph_.nodes) {
    if (node.name == name) return node;
  }
  throw std::logic_error("no node " + name);
}

Reference::Tensor Reference::step(const std::vector<double>& input) {
  before_ = std::exchange(now_, {});
  std::string output;
  for (const auto& node : graph_.nodes) {
    if (node.type == "Input") {
      Tensor tensor;
      for (const double extent : node.arrays.at("shape").values) {
        tensor.shape.push_back(static_cast<std::int64_t>(extent));
      }
      tensor.values = input;
      now_[node.name] = tensor;
    }
    if (node.type == "Output") output = node.name;
  }
  auto result = value(output);
  for (const auto& node : graph_.nodes) value(node.name);  // update the state of all nodes
  ++steps_;
  return result;
}

const Reference::Tensor& Reference::value(const std::string& name) {
  const auto found = now_.find(name);
  if (found != now_.end()) return found->second;
  Tensor sum;
  std::vector<std::string> late;
  for (const auto& edge : graph_.edges) {
    if (edge.to != name) continue;
    if (late_.count(edge) > 0) {
      late.push_back(edge.from);
      continue;
    }
    const auto& from = value(edge.from);
    if (sum.shape.empty()) sum = {from.shape, std::vector<double>(from.values.size())};
    for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += from.values[i];
  }
  for (const auto& from : late) {
    const auto earlier = before_.find(from);
    if (sum.shape.empty()) {
      // only neurons are read late, and they have an array with their shape
      const auto& shape = node(from).arrays.at("r").shape;
      sum = {shape, std::vector<double>(static_cast<std::size_t>(values_of(shape)))};
    }
    if (earlier == before_.end()) continue;
    for (std::size_t i = 0; i < sum.values.size(); ++i) sum.values[i] += earlier->second.values[i];
  }
  return now_[name] = run(node(name), sum);
}

Reference::Tensor Reference::run(const nir::Node& node, const Tensor& in) {
  auto out = in;
  if (node.type == "Affine" || node.type == "Linear") {
    const auto& weight = node.arrays.at("weight");
    const auto inputs = static_cast<std::size_t>(weight.shape[1]);
    out = {{weight.shape[0]}, std::vector<double>(static_cast<std::size_t>(weight.shape[0]))};
    for (std::size_t o = 0; o < out.values.size(); ++o) {
      double total = node.type == "Affine" ? node.arrays.at("bias").values.at(o) : 0;
      for (std::size_t i = 0; i < inputs; ++i) {
        total += weight.values[o * inputs + i] * in.values.at(i);
      }
      out.values[o] = total;
    }
  } else if (node.type == "Conv1d" || node.type == "Conv2d" || node.type == "SumPool2d" ||
             node.type == "AvgPool2d") {
    out = sweep(node, in);
  } else if (node.type == "Scale") {
    for (std::size_t i = 0; i < in.values.size(); ++i) {
      out.values[i] *= at(node.arrays.at("scale"), i);
    }
  } else if (node.type == "Threshold") {
    for (std::size_t i = 0; i < in.values.size(); ++i) {
      const double threshold = at(node.arrays.at("threshold"), i);
      closest_ = std::min(closest_, std::abs(in.values[i] - threshold));
      out.values[i] = in.values[i] > threshold ? 1 : 0;
    }
  } else if (node.type == "Flatten") {
    const auto rank = static_cast<std::int64_t>(in.shape.size());
    const auto first = (number(node, "start_dim", 0) + rank) % rank;
    const auto last = (number(node, "end_dim", 0) + rank) % rank;
    out.shape.clear();
    for (std::int64_t i = 0; i < rank; ++i) {
      const auto extent = in.shape[static_cast<std::size_t>(i)];
      if (i > first && i <= last) {
        out.shape.back() *= extent;
      } else {
        out.shape.push_back(extent);
      }
    }
  } else if (node.type == "Delay") {
    out = delay(node, in);
  } else if (node.type != "Output") {
    out = neurons(node, in);
  }
  return out;
}

/// A convolution or pool over the rows and columns of its input. Conv1d has a single row.
Reference::Tensor Reference::sweep(const nir::Node& node, const Tensor& in) {
  const bool pool = node.type.find("Pool") != std::string::npos;
  const bool flat = node.type == "Conv1d";
  const auto axis = [&](const char* key, bool columns) -> std::int64_t {
    if (node.arrays.count(key) == 0) return 1;
    if (flat) return columns ? number(node, key, 0) : 1;
    return number(node, key, columns ? 1 : 0);
  };
  const Extents image = flat ? Extents{in.shape[0], 1, in.shape[1]} : in.shape;
  const auto* weight = pool ? nullptr : &node.arrays.at("weight");
  const auto channels = pool ? image[0] : weight->shape[0];
  Extents kernel(2);
  Extents pad(2);
  Extents after(2);
  Extents stride{axis("stride", false), axis("stride", true)};
  Extents dilation{axis("dilation", false), axis("dilation", true)};
  Extents extents(2);
  for (std::size_t i = 0; i < 2; ++i) {
    const bool columns = i == 1;
    if (pool) {
      kernel[i] = axis("kernel_size", columns);
    } else if (flat) {
      kernel[i] = columns ? weight->shape[2] : 1;
    } else {
      kernel[i] = weight->shape[2 + i];
    }
    if (node.texts.count("padding") > 0) {
      const bool same = node.texts.at("padding") == "same";
      const auto total = same ? dilation[i] * (kernel[i] - 1) : 0;
      pad[i] = total / 2;
      after[i] = total - pad[i];
    } else {
      pad[i] = after[i] = flat && !columns ? 0 : axis("padding", columns);
    }
    extents[i] =
        (image[1 + i] + pad[i] + after[i] - dilation[i] * (kernel[i] - 1) - 1) / stride[i] + 1;
  }
  const auto groups = pool ? channels : number(node, "groups", 0);
  const auto in_group = pool ? 1 : image[0] / groups;
  const auto out_group = channels / groups;
  Tensor out;
  out.shape = flat ? Extents{channels, extents[1]} : Extents{channels, extents[0], extents[1]};
  for (std::int64_t c = 0; c < channels; ++c) {
    for (std::int64_t y = 0; y < extents[0]; ++y) {
      for (std::int64_t x = 0; x < extents[1]; ++x) {
        double total = pool ? 0 : node.arrays.at("bias").values.at(static_cast<std::size_t>(c));
        for (std::int64_t i = 0; i < in_group; ++i) {
          for (std::int64_t ky = 0; ky < kernel[0]; ++ky) {
            for (std::int64_t kx = 0; kx < kernel[1]; ++kx) {
              const auto row = y * stride[0] - pad[0] + ky * dilation[0];
              const auto column = x * stride[1] - pad[1] + kx * dilation[1];
              if (row < 0 || row >= image[1] || column < 0 || column >= image[2]) continue;
              const auto from = pool ? c : c / out_group * in_group + i;
              const auto value = in.values.at(
                  static_cast<std::size_t>((from * image[1] + row) * image[2] + column));
              const auto tap = ((c * in_group + i) * kernel[0] + ky) * kernel[1] + kx;
              total += pool ? value : value * weight->values.at(static_cast<std::size_t>(tap));
            }
          }
        }
        if (node.type == "AvgPool2d") total /= static_cast<double>(kernel[0] * kernel[1]);
        out.values.push_back(total);
      }
    }
  }
  return out;
}

Reference::Tensor Reference::neurons(const nir::Node& node, const Tensor& in) {
  auto& v = membranes_[node.name];
  auto& current = currents_[node.name];
  v.resize(in.values.size());
  current.resize(in.values.size());
  const bool cuba = node.type.rfind("Cuba", 0) == 0;
  const bool spiking = node.type.find("IF") != std::string::npos;
  // One step of tau x' = drive - x.
  const auto follow = [&](double x, double drive, double tau) {
    if (timing_.discretisation == nir::Discretisation::kExponential) {
      return drive + (x - drive) * std::exp(-timing_.dt / tau);
    }
    return x + timing_.dt / tau * (drive - x);
  };
  auto out = in;
  for (std::size_t i = 0; i < in.values.size(); ++i) {
    const double r = constant(node, "r", i, 1);
    double drive = in.values[i];
    if (cuba) {
      current[i] =
          follow(current[i], constant(node, "w_in", i, 1) * drive, constant(node, "tau_syn", i, 1));
      drive = current[i];
    }
    if (node.type == "I" || node.type == "IF") {
      v[i] += r * drive;
    } else {
      v[i] = follow(v[i], constant(node, "v_leak", i, 0) + r * drive,
                    constant(node, cuba ? "tau_mem" : "tau", i, 1));
    }
    out.values[i] = v[i];
    if (!spiking) continue;
    const double threshold = constant(node, "v_threshold", i, 1);
    closest_ = std::min(closest_, std::abs(v[i] - threshold));
    out.values[i] = v[i] > threshold ? 1 : 0;
    spikes_ += out.values[i];
    if (out.values[i] == 0) continue;
    v[i] = timing_.subtract ? v[i] - threshold : constant(node, "v_reset", i, 0);
  }
  return out;
}

Reference::Tensor Reference::delay(const nir::Node& node, const Tensor& in) {
  auto& past = past_[node.name];
  past.push_back(in.values);
  auto out = in;
  for (std::size_t i = 0; i < in.values.size(); ++i) {
    const auto steps =
        static_cast<std::size_t>(std::lround(constant(node, "delay", i, 0) / timing_.dt));
    out.values[i] = steps < past.size() ? past[past.size() - 1 - steps][i] : 0;
  }
  return out;
}

}  // namespace staa::test
