#include "staa/analysis/profile.h"

#include <fmt/format.h>

#include "staa/analysis/count.h"
#include "staa/analysis/energy.h"
#include "staa/inputs/open.h"
#include "staa/models/registry.h"
#include "staa/nn/layers.h"
#include "staa/nn/neuron.h"
#include "staa/nn/whitening.h"
#include "staa/train/batch.h"
#include "staa/train/statistics.h"

namespace staa::analysis {
namespace {

/// Passes up to `images` images to `use`, batch by batch. Returns their number.
template <typename Use>
std::int64_t show_images(data::Loader& loader, std::int64_t images, Use use) {
  const torch::NoGradGuard no_grad;
  std::int64_t seen = 0;
  loader.start(0);
  while (seen < images) {
    auto next = loader.next();
    if (!next) break;
    auto batch =
        train::to_tensors(std::move(*next), loader.source().shape(), torch::Device(torch::kCPU));
    const auto count = std::min(images - seen, batch.labels.size(0));
    use(batch.inputs.slice(train::kBatchDimension, 0, count));
    seen += count;
  }
  return seen;
}

/// Sums over the images shown, for one layer.
struct Tally {
  LayerProfile row;
  bool binary = true;      // whether all inputs so far were binary
  double accumulates = 0;  // valid if all inputs are binary
  double spikes = 0;
  double neurons = 0;  // neurons times time steps and images
  // For shortcuts of the current: additions per image, and values that are read and written per
  // image and time step.
  double additions = 0;
  double currents = 0;
  // The number of elements per image and time step, and the number of time steps of the layer.
  double inputs = 0;
  double outputs = 0;
  double steps = 1;
};

/// The number of elements per image and time step in [T, B, ...].
double elements(const torch::Tensor& x) {
  return static_cast<double>(x.numel() / (x.size(0) * x.size(1)));
}

/// Fills in the layer's memory traffic and its figures in an ANN.
void add_traffic(const Tally& tally, LayerProfile& row) {
  const double weights = kBytesPerValue * static_cast<double>(row.parameters);
  if (row.kind == "neuron") {
    row.bytes = tally.steps * (weights + tally.outputs * (2 * kBytesPerValue + kBytesPerSpike) +
                               tally.currents * kBytesPerValue);
    return;
  }
  row.bytes =
      tally.steps * (weights + tally.inputs * (tally.binary ? kBytesPerSpike : kBytesPerValue));
  row.ann_macs = row.flops / tally.steps;
  row.ann_bytes = weights + kBytesPerValue * (tally.inputs + tally.outputs);
}

class Profiler {
 public:
  explicit Profiler(models::Network& network) : network_(network) {
    for (const auto& item : network.named_modules("", /*include_self=*/false)) {
      if (auto* conv = dynamic_cast<nn::NormedConvolution*>(item.value().get()))
        watch(item.key(), *conv);
      if (auto* stem = dynamic_cast<nn::WhiteningImpl*>(item.value().get()))
        watch(item.key(), *stem);
      if (auto* layer = dynamic_cast<nn::ConvNeuronImpl*>(item.value().get())) owner_ = layer;
      if (auto* neuron = dynamic_cast<nn::Neuron*>(item.value().get())) watch(item.key(), *neuron);
      if (auto* head = dynamic_cast<nn::HeadImpl*>(item.value().get())) watch(item.key(), *head);
    }
  }
  ~Profiler() {
    for (auto* layer : watched_) layer->set_observer({});
  }
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;

  Profile finish(std::int64_t images) const;

 private:
  /// Adds a row for the layer. The reference stays valid.
  Tally& add(const std::string& name, const std::string& kind, nn::Observable& layer) {
    watched_.push_back(&layer);
    tallies_.push_back(std::make_unique<Tally>());
    tallies_.back()->row.name = name;
    tallies_.back()->row.kind = kind;
    return *tallies_.back();
  }

  void watch(const std::string& name, nn::NormedConvolution& conv) {
    auto& tally = add(name, "convolution", conv);
    // These are for the convolution and its BatchNorm; the neurons that follow have their own row.
    tally.row.parameters = conv.weight().numel() + 2 * conv.weight().size(0);
    conv.set_observer([this, &tally, &conv](const torch::Tensor& in, const torch::Tensor& out) {
      const auto weight = conv.weight();
      tally.row.output = fmt::format("{}x{}x{}", out.size(2), out.size(3), out.size(4));
      tally.steps = static_cast<double>(network_.options().steps);
      tally.inputs = elements(in);
      tally.outputs = elements(out);
      tally.row.flops = convolution_flops(weight, out.size(3), out.size(4)) * tally.steps;
      // The first convolution reads the image, whose pixels are values even if they happen to be 0
      // or 1.
      tally.binary = tally.binary && &tally != first_convolution() && is_binary(in);
      if (tally.binary) {
        tally.accumulates += convolution_accumulates(in.flatten(0, 1), weight, conv.stride());
      }
    });
  }

  /// The stem is frozen, so that it has no learnable parameters.
  void watch(const std::string& name, nn::WhiteningImpl& stem) {
    auto& tally = add(name, "whitening", stem);
    tally.binary = false;
    stem.set_observer([this, &tally](const torch::Tensor& in, const torch::Tensor& out) {
      constexpr double kTaps = 4;
      tally.row.output = fmt::format("{}x{}x{}", out.size(2), out.size(3), out.size(4));
      tally.steps = static_cast<double>(network_.options().steps);
      tally.inputs = elements(in);
      tally.outputs = elements(out);
      tally.row.flops = kTaps * static_cast<double>(in.size(2)) * tally.outputs * tally.steps;
    });
  }

  void watch(const std::string& name, nn::Neuron& neuron) {
    auto& tally = add(name, "neuron", neuron);
    for (const auto& parameter : neuron.parameters()) tally.row.parameters += parameter.numel();
    tally.binary = false;
    neuron.set_observer([&tally, &neuron, owner = owner_](const torch::Tensor&,
                                                          const torch::Tensor& out) {
      tally.row.output = fmt::format("{}x{}x{}", out.size(2), out.size(3), out.size(4));
      tally.steps = static_cast<double>(out.size(0));
      tally.outputs = elements(out);
      const auto pixels = out.size(3) * out.size(4);
      tally.row.flops = block_macs(neuron.options(), out.size(2), pixels) * tally.steps;
      tally.row.attention =
          attention_operations(neuron.options(), out.size(2), pixels) * tally.steps;
      // To join an earlier current takes one addition per neuron.
      const auto currents = owner == nullptr ? nn::ConvNeuronImpl::Currents() : owner->currents();
      tally.additions = currents.joined > 0 ? tally.outputs * tally.steps : 0;
      tally.currents =
          static_cast<double>(currents.joined) + (currents.passed_on ? tally.outputs : 0);
      tally.spikes += out.sum(torch::kDouble).item<double>();
      tally.neurons += static_cast<double>(out.numel());
    });
  }

  void watch(const std::string& name, nn::HeadImpl& head) {
    auto& tally = add(name, "linear", head);
    for (const auto& parameter : head.parameters()) tally.row.parameters += parameter.numel();
    tally.binary = false;  // it reads averages
    head.set_observer([&tally, &head](const torch::Tensor& in, const torch::Tensor& out) {
      tally.row.output = fmt::format("{}", out.size(2));
      tally.steps = static_cast<double>(in.size(0));
      tally.inputs = elements(in);
      tally.outputs = elements(out);
      tally.row.flops = static_cast<double>(head.weight().numel()) * tally.steps;
    });
  }

  const Tally* first_convolution() const {
    for (const auto& tally : tallies_) {
      if (tally->row.kind == "convolution") return tally.get();
    }
    return nullptr;
  }

  models::Network& network_;
  const nn::ConvNeuronImpl* owner_ = nullptr;  // of the neurons that are watched next
  std::vector<nn::Observable*> watched_;
  std::vector<std::unique_ptr<Tally>> tallies_;
};

Profile Profiler::finish(std::int64_t images) const {
  Profile profile;
  profile.images = images;
  profile.parameters = models::parameter_count(network_);
  double spikes = 0;
  double neurons = 0;
  for (const auto& tally : tallies_) {
    auto row = tally->row;
    row.input = tally->binary ? "spikes" : "values";
    if (tally->binary) {
      row.acs = tally->accumulates / static_cast<double>(images);
    } else {
      row.macs = row.flops;
      row.acs = tally->additions;
    }
    if (tally->neurons > 0) row.firing_rate = tally->spikes / tally->neurons;
    row.energy_mj = (kPicojoulesPerMac * row.macs + kPicojoulesPerAc * row.acs) * 1e-9;
    add_traffic(*tally, row);
    profile.flops += row.flops;
    profile.macs += row.macs;
    profile.acs += row.acs;
    profile.energy_mj += row.energy_mj;
    spikes += tally->spikes;
    neurons += tally->neurons;
    profile.layers.push_back(std::move(row));
  }
  profile.firing_rate = neurons > 0 ? spikes / neurons : 0;
  return profile;
}

}  // namespace

Profile profile(models::Network& network, data::Loader& loader, std::int64_t images) {
  network.eval();
  const Profiler profiler(network);
  const auto seen =
      show_images(loader, images, [&](const torch::Tensor& batch) { network.forward(batch); });
  return profiler.finish(seen);
}

std::unique_ptr<data::Loader> profile_loader(std::shared_ptr<const data::Source> images,
                                             recipe::Recipe recipe) {
  recipe.train.eval_batch = 16;
  return inputs::evaluation_loader(std::move(images), recipe);
}

void calibrate_normalisation(models::Network& network, data::Loader& loader, std::int64_t images) {
  train::estimate_statistics(network, [&, left = images](int number) mutable {
    if (number == 0) loader.start(0);
    auto next = left > 0 ? loader.next() : std::nullopt;
    if (!next) return false;
    const auto batch =
        train::to_tensors(std::move(*next), loader.source().shape(), torch::Device(torch::kCPU));
    const auto count = std::min(left, batch.labels.size(0));
    network.forward(batch.inputs.slice(train::kBatchDimension, 0, count));
    left -= count;
    return true;
  });
  network.eval();
}

}  // namespace staa::analysis
