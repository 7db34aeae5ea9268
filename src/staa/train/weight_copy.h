#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <map>
#include <string>

namespace staa::train {

/// Copies of a network's parameters and floating-point buffers, kept beside its own values.
class WeightCopy {
 public:
  /// Copies the network's current values. `what` names one of the copies in messages, for example
  /// "averaged weight".
  WeightCopy(const torch::nn::Module& network, std::string what);

  /// Copies the network's current values again.
  void take();
  /// Replaces the network's own values by the copies.
  void put();

  /// While it lives, the copies replace the network's own values.
  class InPlace {
   public:
    explicit InPlace(WeightCopy& copy);
    ~InPlace();
    InPlace(const InPlace&) = delete;
    InPlace& operator=(const InPlace&) = delete;

   private:
    WeightCopy& copy_;
    std::map<std::string, torch::Tensor> own_;
  };

  /// The copies, by the names of parameters and buffers.
  const std::map<std::string, torch::Tensor>& copies() const { return copies_; }

  /// Restores the result of copies(). Throws Error(kInput) naming `source` if a tensor is missing
  /// or does not fit.
  void load(const std::map<std::string, torch::Tensor>& copies, const std::string& source);

 protected:
  std::map<std::string, torch::Tensor> values_;  // the network's own
  std::map<std::string, torch::Tensor> copies_;

 private:
  std::string what_;
};

}  // namespace staa::train
