#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "nir/graphs.h"
#include "staa/nir/layers.h"

namespace staa::test {

/// Runs graphs of NIR without subgraphs by their equations, densely and in double precision, with
/// the channels first: what the runtime is compared with.
class Reference {
 public:
  struct Tensor {
    Extents shape;
    std::vector<double> values;
  };

  /// `late`: edges that carry what their beginning gave in the step before.
  Reference(nir::Node graph, nir::Timing timing, std::set<nir::Edge> late = {});

  /// One step; returns what reaches the Output.
  Tensor step(const std::vector<double>& input);

  /// How near a membrane came to its threshold: below some rounding the spikes may differ.
  double closest() const { return closest_; }
  double spikes() const { return spikes_; }

 private:
  const nir::Node& node(const std::string& name) const;
  const Tensor& value(const std::string& name);
  Tensor run(const nir::Node& node, const Tensor& in);
  Tensor sweep(const nir::Node& node, const Tensor& in);
  Tensor neurons(const nir::Node& node, const Tensor& in);
  Tensor delay(const nir::Node& node, const Tensor& in);

  nir::Node graph_;
  nir::Timing timing_;
  std::set<nir::Edge> late_;
  std::size_t steps_ = 0;
  std::map<std::string, Tensor> now_;
  std::map<std::string, Tensor> before_;
  std::map<std::string, std::vector<double>> membranes_;
  std::map<std::string, std::vector<double>> currents_;
  std::map<std::string, std::vector<std::vector<double>>> past_;
  double closest_ = 1e9;
  double spikes_ = 0;
};

}  // namespace staa::test
