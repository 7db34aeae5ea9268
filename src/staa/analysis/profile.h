#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/analysis/count.h"
#include "staa/data/loading/loader.h"
#include "staa/models/network.h"
#include "staa/recipe/recipe.h"

namespace staa::analysis {

/// Energy of one operation in a 45 nm process (Section 4.5; Horowitz, 2014), in picojoules.
inline constexpr double kPicojoulesPerMac = 4.6;
inline constexpr double kPicojoulesPerAc = 0.9;

/// Figures of one layer for one image over all T steps.
struct LayerProfile {
  std::string name;    ///< "stages.0.1.conv1"
  std::string kind;    ///< "convolution", "neuron" or "linear"
  std::string input;   ///< "spikes" (0 and 1 alone) or "values"
  std::string output;  ///< extent of the output, "64x32x32"
  std::int64_t parameters = 0;
  double flops = 0;        ///< multiply-adds that a dense layer does, summed over T
  double macs = 0;         ///< those that read values: multiply-accumulates
  double acs = 0;          ///< additions for the spikes that arrived: accumulates
  double firing_rate = 0;  ///< of a neuron's output: spikes a neuron and step
  double energy_mj = 0;    ///< 4.6 pJ * macs + 0.9 pJ * acs

  // The rest of the bill (energy.h).
  AttentionCount attention;  ///< of a neuron: all its operations, those in `macs` among them
  double bytes = 0;          ///< to and from memory
  double ann_macs = 0;       ///< of the same layer in an ANN
  double ann_bytes = 0;      ///< likewise
};

/// What one image costs on average over the images shown.
struct Profile {
  std::vector<LayerProfile> layers;
  std::int64_t parameters = 0;
  double flops = 0;
  double macs = 0;
  double acs = 0;
  double energy_mj = 0;
  double firing_rate = 0;  ///< over all neurons
  std::int64_t images = 0;
};

/// Profiles `network` on the first `images` images of `loader`, in evaluation mode.
///
/// A convolution's or linear layer's input is looked at: where every value is 0 or 1 an operation
/// is an AC, counted for each spike that arrives and each output that it reaches (fewer at the
/// border and behind a stride); otherwise every multiply-add is a MAC. The first convolution reads
/// the image and is counted T times, as the paper's sums are, although a still image's is computed
/// once. A STAA neuron's 1x1 convolutions and weighted sums are MACs; additions and the gate's
/// product, one an element, are not in `macs` and `acs`, as is usual, but in `attention`.
///
/// Bytes are those of layers that keep nothing between them or from step to step: a convolution or
/// linear layer reads its weights and its input in every step, and its output goes on to the
/// neurons without leaving the chip; neurons read their parameters and read and write their
/// membranes in every step, and write spikes. An ANN's layer reads weights and input once, and
/// writes its output. Values and weights are 4 bytes, spikes a bit.
Profile profile(models::Network& network, data::Loader& loader, std::int64_t images);

/// Batches for profile(): small ones, as it keeps none of them.
std::unique_ptr<data::Loader> profile_loader(std::shared_ptr<const data::Source> images,
                                             recipe::Recipe recipe);

/// Sets BatchNorm's statistics of a network that has not been trained from the first `images`
/// images, so that its neurons fire as they do at the start of training.
void calibrate_normalisation(models::Network& network, data::Loader& loader, std::int64_t images);

}  // namespace staa::analysis
