#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "nir/graphs.h"
#include "staa/nir/layers.h"

namespace staa::test {

/// Runs NIR graphs without subgraphs by their equations, densely, in double precision and with
/// channels first. The runtime is compared with it.
class Reference {
 public:
  struct Tensor {
    Extents shape;
    std::vector<double> values;
  };

  /// `late` are the edges that carry the output of the previous step.
  Reference(nir::Node graph, nir::Timing timing, std::set<nir::Edge> late = {});

  /// Runs one step and returns the value of the Output.
  Tensor step(const std::vector<double>& input);

  /// How close a membrane came to its threshold. If it is too small, rounding may change the
  /// spikes.
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
