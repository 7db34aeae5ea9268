#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/analysis/count.h"
#include "staa/analysis/picojoules.h"
#include "staa/data/loading/loader.h"
#include "staa/models/network.h"
#include "staa/recipe/recipe.h"

namespace staa::analysis {

/// The figures of one layer for one image, summed over all T time steps.
struct LayerProfile {
  std::string name;    ///< "stages.0.1.conv1"
  std::string kind;    ///< "convolution", "neuron" or "linear"
  std::string input;   ///< "spikes" (only 0 and 1) or "values"
  std::string output;  ///< extent of the output, "64x32x32"
  std::int64_t parameters = 0;
  double flops = 0;        ///< multiply-adds of a dense layer, summed over T
  double macs = 0;         ///< multiply-accumulates: operations on real values
  double acs = 0;          ///< accumulates: additions for the spikes received
  double firing_rate = 0;  ///< of a neuron layer's output: spikes per neuron and time step
  double energy_mj = 0;    ///< 4.6 pJ * macs + 0.9 pJ * acs

  // The remaining costs (energy.h).
  AttentionCount attention;  ///< all operations of a neuron's blocks, including those in `macs`
  double bytes = 0;          ///< memory traffic
  double ann_macs = 0;       ///< multiply-accumulates of this layer in an ANN
  double ann_bytes = 0;      ///< memory traffic of this layer in an ANN
};

/// The average cost of one image over the images shown.
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
/// Each input of a convolution or linear layer is checked. If every value is 0 or 1, an operation
/// is an AC, which is counted for each spike and each output that it reaches (fewer at the border
/// and with a stride). Otherwise every multiply-add is a MAC. The first convolution reads the image
/// and is counted T times, as in the paper's sums, although for a still image it is computed once.
/// The 1x1 convolutions and weighted sums of a STAA neuron are MACs. Its additions and the gate's
/// product, one per element, are by convention not in `macs` and `acs`, but they are in
/// `attention`.
///
/// Bytes are counted for layers that keep nothing in fast memory, neither between layers nor
/// between time steps. A convolution or linear layer reads its weights and input in every time
/// step; its output goes to the neurons without leaving the chip. Neurons read their parameters,
/// read and write their membranes, and write their spikes in every time step. An ANN's layer reads
/// its weights and input once and writes its output once. Values and weights take 4 bytes, spikes
/// one bit.
Profile profile(models::Network& network, data::Loader& loader, std::int64_t images);

/// Makes a loader for profile(), with small batches since profile() does not need large ones.
std::unique_ptr<data::Loader> profile_loader(std::shared_ptr<const data::Source> images,
                                             recipe::Recipe recipe);

/// Computes BatchNorm's statistics of an untrained network from the first `images` images, so that
/// its neurons fire as at the start of training.
void calibrate_normalisation(models::Network& network, data::Loader& loader, std::int64_t images);

}  // namespace staa::analysis
