// Stands for card.cc and card_normalise.cc in builds without kernels for graphics cards.
#include <torch/autograd.h>

#include "staa/ops/card.h"
#include "staa/ops/card_device.h"
#include "staa/util/error.h"

namespace staa::ops::card {
namespace {

[[noreturn]] void refuse() {
  fail(ErrorKind::kRuntime, "this build of staa has no kernels for graphics cards");
}

}  // namespace

bool is_card(const torch::Device& device) { return device.is_cuda(); }

bool takes(const torch::Tensor&, std::int64_t, bool) { return false; }

bool present() { return false; }

std::string name_of(const torch::Device&) { return ""; }

Normalised normalise(const torch::Tensor&, const BatchNorm&) { refuse(); }

Spikes forward(const fused::Plan&, const torch::autograd::variable_list&, const Normalised (&)[2],
               torch::Tensor&) {
  refuse();
}

torch::autograd::variable_list backward(const fused::Plan&, const torch::autograd::variable_list&,
                                        const torch::Tensor&, const Normalised (&)[2],
                                        const torch::Tensor&) {
  refuse();
}

}  // namespace staa::ops::card
