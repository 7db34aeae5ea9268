#pragma once

#include <cstdint>
#include <string>

namespace staa {

/// Neuron models of the paper: Eq. 1-3, Eq. 6 and Eq. 7-14.
enum class NeuronKind { kLif, kAdaptiveLif, kStaaLif };

/// Shape of the surrogate derivative dS/dV around the threshold (Eq. 5 is the rectangle).
/// With x = V - v_th and a the surrogate width:
///   rectangle     1/a where |x| < a/2
///   triangle      max(0, 1 - |x|/a) / a
///   sigmoid       s(1-s) * 4/a, s = sigmoid(4x/a)
///   arctan        1/a / (1 + (pi*x/a)^2)
///   fast_sigmoid  1/a / (1 + 2|x|/a)^2, also known as SuperSpike
/// Each has integral 1 over V and the peak 1/a, so that they can be exchanged without changing the
/// learning rate. NeuronOptions::surrogate_scale multiplies them.
enum class Surrogate { kRectangle, kTriangle, kSigmoid, kArctan, kFastSigmoid };

/// Where the position encoding is added (Fig. 2 b-e).
enum class PePlacement {
  kTemporal,  ///< on H, before GC2 (b)
  kSpatial,   ///< on X, before GC1 (c): the paper's best and the default
  kBoth,      ///< two tables, on X and on H (d)
  kPost,      ///< on U, after aggregation (e)
};

/// A learnable table, zero at start, or the fixed sinusoids of the Transformer.
enum class PeKind { kLearned, kSinusoidal };

/// How alpha enters Eq. 12. Let f be the two layers of the block and alpha = 2. With `kOutside` the
/// gate then starts at about 1, so that V = X + H, which is also the result of a dropped step of
/// TSRD.
enum class SaGain {
  kInside,   ///< gate = sigmoid(f(alpha * mean(U))), Eq. 12 read literally; starts at about 1/2
  kOutside,  ///< gate = alpha * sigmoid(f(mean(U)))
};

/// The output of a neuron.
enum class Activation {
  kSpike,  ///< S (Eq. 2)
  kRelu,   ///< max(V, 0), and H = 0 before every time step: a network without spikes
};

/// What replaces the aggregator in a dropped time step (Section 3.2).
enum class TsrdFallback {
  kSum,  ///< V = X + H, the paper's "most basic element-wise addition"
  kLif,  ///< the plain LIF update, Eq. 1
};

/// The membrane update of a neuron without attention: V = decay * H + gain * X + offset.
struct PlainUpdate {
  double decay = 0;
  double gain = 0;
  double offset = 0;
};

/// All options of a neuron layer's arithmetic except its number of channels. The defaults are the
/// paper's; docs/method.md lists the choices that the paper leaves open. neuron_table.h describes
/// every member except the kind.
struct NeuronOptions {
  NeuronKind kind = NeuronKind::kStaaLif;
  double tau = 2.0;         ///< membrane time constant of Eq. 1, in time steps; >= 1
  bool decay_input = true;  ///< V = H + (X - (H - V_reset))/tau; else V = H - (H - V_reset)/tau + X
  double threshold = 1.0;   ///< v_th
  double reset = 0.0;       ///< V_reset
  Surrogate surrogate = Surrogate::kRectangle;
  double surrogate_width = 1.0;  ///< a in Eq. 5; > 0
  double surrogate_scale = 1.0;  ///< factor on dS/dV; > 0
  bool detach_reset = false;     ///< stop the gradient through the reset of Eq. 3
  Activation activation = Activation::kSpike;

  // The aggregator's blocks (Table 4). When switched off, GC is the identity, PE is zero, and SA's
  // gate is the constant that sigmoid(0) gives: 1/2, or alpha/2 with SaGain::kOutside.
  bool gc = true;
  bool pe = true;
  bool sa = true;
  PePlacement pe_placement = PePlacement::kSpatial;
  PeKind pe_kind = PeKind::kLearned;
  std::int64_t gc_reduction = 4;   ///< r: GC works on C/r channels, rounded down, at least 1
  bool gc_zero_start = true;       ///< GC's value convolution starts at 0: GC as the identity
  std::int64_t sa_reduction = 16;  ///< SA works on C/16 channels, rounded down, at least 4
  double sa_alpha = 2.0;           ///< alpha in Eq. 12
  SaGain sa_gain = SaGain::kInside;
  double tsrd = 0.1;  ///< beta: probability that a time step t >= 1 is dropped, in training only
  TsrdFallback tsrd_fallback = TsrdFallback::kSum;

  /// The update of a LIF neuron (Eq. 1), which adaptive neurons start with.
  PlainUpdate lif_update() const { return {1 - 1 / tau, decay_input ? 1 / tau : 1, reset / tau}; }
  /// What replaces the aggregator in a dropped step (Section 3.2).
  PlainUpdate dropped_update() const {
    return tsrd_fallback == TsrdFallback::kSum ? PlainUpdate{1, 1, 0} : lif_update();
  }
  /// The factor on the sigmoid of Eq. 12, and the factor on its pooled input.
  double sa_outer() const { return sa_gain == SaGain::kOutside ? sa_alpha : 1; }
  double sa_inner() const { return sa_gain == SaGain::kInside ? sa_alpha : 1; }
};

}  // namespace staa
