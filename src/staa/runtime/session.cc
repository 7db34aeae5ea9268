#include <algorithm>
#include <cstring>
#include <tuple>
#include <utility>

#include "staa/kernels/buffer.h"
#include "staa/runtime/dense.h"
#include "staa/runtime/graph/graph_runner.h"
#include "staa/runtime/operations.h"
#include "staa/runtime/plan.h"
#include "staa/runtime/prediction.h"
#include "staa/runtime/runtime.h"
#include "staa/util/error.h"

namespace staa::runtime {
namespace {

using format::kImage;
using format::Node;
using format::NodeKind;

}  // namespace

class Session::Impl {
 public:
  Impl(std::shared_ptr<const Plan> plan, const Options& options)
      : plan_(std::move(plan)), options_(options), model_(plan_->model()) {
    steps_ = options.steps > 0 ? options.steps : static_cast<std::size_t>(model_.steps);
    const auto nodes = model_.nodes.size();
    membranes_.resize(nodes);
    levels_.resize(nodes);
    currents_.resize(nodes);
    for (std::size_t i = 0; i < nodes; ++i) {
      const auto& node = model_.nodes[i];
      const auto values = static_cast<std::size_t>(node.shape.values());
      if (node.kind == NodeKind::kNeuron) membranes_[i].resize(values);
      if (node.kind == NodeKind::kWhitening) whitened_.resize(values);
      if (node.kind == NodeKind::kConvolution && format::reads_image(model_, node)) {
        images_.push_back(
            {i, kernels::LineVector<float>(plan_->convolution(i).shape.input.bytes() + kSlack),
             kernels::LineVector<float>(values)});
      }
    }
    sums_.resize(model_.classes.size());
    frame_.resize(static_cast<std::size_t>(model_.input.values()));
  }

  void reset() {
    done_ = 0;
    shown_ = false;
    std::fill(sums_.begin(), sums_.end(), 0.0F);
    activity_ = {};
  }

  void begin(const std::uint8_t* image) {
    reset();
    normalise(image);
    show();
  }

  /// Runs the next `count` steps of the shown frame, layer by layer.
  Prediction advance(std::size_t count) {
    if (!shown_) fail(ErrorKind::kUsage, "step: no image is shown; begin with one");
    if (done_ + count > steps_) {
      fail(ErrorKind::kUsage, "the network runs {} time steps, all of which are done: reset first",
           steps_);
    }
    make_room(count);
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) run(i, count);
    done_ += count;
    return predict(sums_, done_);
  }

  Prediction push(const std::uint8_t* image) {
    normalise(image);
    show();
    return advance(1);
  }

  Prediction push(const float* frame) {
    std::copy(frame, frame + frame_.size(), frame_.begin());
    show();
    return advance(1);
  }

  Prediction classify(const std::uint8_t* image, float confidence) {
    begin(image);
    if (confidence <= 0) return advance(steps_);
    auto prediction = advance(1);
    while (prediction.steps < steps_ && prediction.probability < confidence)
      prediction = advance(1);
    return prediction;
  }

  const Activity& activity() const { return activity_; }
  const std::vector<float>& output_sums() const { return sums_; }

  std::size_t state_bytes() const {
    std::size_t bytes = (current_.size() + expanded_.size() + scratch_.x.size() +
                         scratch_.rows.size() + frame_.size()) *
                        sizeof(float);
    for (const auto& membrane : membranes_) bytes += membrane.size() * sizeof(float);
    for (const auto& values : currents_) bytes += values.size() * sizeof(float);
    bytes += whitened_.size() * sizeof(float) + halves_.size() * sizeof(std::int16_t);
    for (const auto& image : images_) {
      bytes += (image.values.size() + image.current.size()) * sizeof(float);
    }
    for (const auto& levels : levels_) bytes += levels.size();
    return bytes + events_.bytes();
  }

 private:
  static constexpr std::size_t kSlack = kernels::kLevelsSlack;

  /// The frame, or the output of the whitening stem, as a convolution reads it, with its border.
  struct Image {
    std::size_t node;
    kernels::LineVector<float> values;
    kernels::LineVector<float> current;
  };

  void normalise(const std::uint8_t* image) {
    const auto channels = model_.mean.size();
    for (std::size_t i = 0, c = 0; i < frame_.size(); ++i, c = c + 1 == channels ? 0 : c + 1) {
      frame_[i] = plan_->value_of(c, image[i]);
    }
  }

  /// Runs the convolutions that read the frame. Their outputs are used until the next frame.
  void show() {
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      const auto& node = model_.nodes[i];
      if (node.kind != NodeKind::kWhitening) continue;
      whiten(model_.input, frame_.data(), plan_->dense(i).weight, node.shape, whitened_.data());
    }
    for (auto& image : images_) {
      const auto& conv = plan_->convolution(image.node);
      const auto& shape = conv.shape.input;
      const auto& frame = model_.nodes[image.node].inputs[0] == kImage ? frame_ : whitened_;
      for (std::size_t y = 0; y < shape.height; ++y) {
        for (std::size_t x = 0; x < shape.width; ++x) {
          const float* from = frame.data() + (y * shape.width + x) * shape.channels;
          std::copy(from, from + shape.channels, image.values.data() + shape.at(y, x));
        }
      }
      kernels::convolve_all(conv.shape, image.values.data(), 1, conv.fp32(),
                            epilogue(conv, /*add=*/false), image.current.data());
    }
    shown_ = true;
  }

  /// Makes room for the levels and currents of `count` steps.
  void make_room(std::size_t count) {
    std::size_t most = 0;
    for (std::size_t i = 0; i < model_.nodes.size(); ++i) {
      const auto& node = model_.nodes[i];
      if (node.kind == NodeKind::kConvolution) {
        most = std::max(most, static_cast<std::size_t>(node.shape.values()));
      }
      if (node.kind == NodeKind::kCurrent) {
        const auto values = static_cast<std::size_t>(node.shape.values()) * count;
        if (currents_[i].size() < values) currents_[i].resize(values);
      }
      if (node.kind != NodeKind::kNeuron && node.kind != NodeKind::kPool) continue;
      const auto bytes = plan_->spikes(i).shape.bytes() * count + kSlack;
      if (levels_[i].size() < bytes) levels_[i].resize(bytes);
    }
    if (current_.size() < most * count) current_.resize(most * count);
  }

  void run(std::size_t i, std::size_t count) {
    const auto& node = model_.nodes[i];
    switch (node.kind) {
      case NodeKind::kConvolution:
        if (plan_->convolution(i).of_image) {
          count_image(i, count);
        } else {
          convolve(i, count);
        }
        joined_ = true;
        break;
      case NodeKind::kNeuron:
        fire(i, count);
        joined_ = false;
        break;
      case NodeKind::kPool:
        pool(i, count);
        break;
      case NodeKind::kWhitening:
        if (options_.count_operations) {
          activity_.macs += static_cast<double>(count) * whitening_operations(model_, node);
        }
        break;
      case NodeKind::kCurrent:
        compose(i, count);
        joined_ = false;
        break;
      case NodeKind::kHead:
        for (std::size_t s = 0; s < count; ++s) read_out(node, s);
        break;
    }
  }

  std::uint8_t* levels(std::size_t node, std::size_t s) {
    return levels_[node].data() + s * plan_->spikes(node).shape.bytes();
  }

  float* current(std::size_t node, std::size_t s) {
    return current_.data() + s * static_cast<std::size_t>(model_.nodes[node].shape.values());
  }

  static kernels::Epilogue epilogue(const Convolution& conv, bool add) {
    return {conv.scale.empty() ? nullptr : conv.scale.data(), conv.bias.data(), add};
  }

  /// The output was computed when the frame was shown; only operations are counted here.
  void count_image(std::size_t i, std::size_t count) {
    if (!options_.count_operations) return;
    activity_.macs += static_cast<double>(count) * dense_operations(plan_->convolution(i).shape);
  }

  void convolve(std::size_t i, std::size_t count) {
    const auto& conv = plan_->convolution(i);
    const auto from = model_.nodes[i].inputs[0];
    const std::uint8_t* in = levels(from, 0);
    if (options_.count_operations) count_operations(conv, in, count);
    float* out = current(i, 0);
    const auto ending = epilogue(conv, joined_);
    switch (conv.weights_of) {
      case format::Weights::kFp32:
        return convolve(conv, conv.fp32(), in, count, ending, out);
      case format::Weights::kBf16:
      case format::Weights::kInt16:
        return convolve(conv, conv.halves(), in, count, ending, out);
      case format::Weights::kInt8:
        return convolve(conv, conv.bytes(), in, count, ending, out);
    }
  }

  template <class Weight>
  void convolve(const Convolution& conv, const Weight* weights, const std::uint8_t* in,
                std::size_t count, const kernels::Epilogue& ending, float* out) {
    if (by_spikes(conv, in, count, Weight{})) {
      kernels::convolve_spikes(conv.shape, in, count, weights, ending, events_, out);
    } else {
      const auto* values = values_of(in, conv.shape.input.bytes() * count, Weight{});
      kernels::convolve_all(conv.shape, values, count, weights, ending, out);
    }
  }

  /// Converts levels to the type that convolutions with weights of the last argument's type
  /// multiply.
  const float* values_of(const std::uint8_t* in, std::size_t bytes, float) {
    if (expanded_.size() < bytes) expanded_.resize(bytes);
    kernels::levels_to_floats(in, bytes, expanded_.data());
    return expanded_.data();
  }
  const std::int16_t* values_of(const std::uint8_t* in, std::size_t bytes, std::int16_t) {
    if (halves_.size() < bytes) halves_.resize(bytes);
    kernels::levels_to_halves(in, bytes, halves_.data());
    return halves_.data();
  }
  static const std::uint8_t* values_of(const std::uint8_t* in, std::size_t, std::int8_t) {
    return in;
  }

  template <class Weight>
  bool by_spikes(const Convolution& conv, const std::uint8_t* in, std::size_t count,
                 Weight type) const {
    if (options_.path != Path::kAuto) return options_.path == Path::kSparse;
    return kernels::sparse_pays(conv.shape, in, count, type);
  }

  void count_operations(const Convolution& conv, const std::uint8_t* in, std::size_t count) {
    if (!conv.binary) {
      activity_.macs += static_cast<double>(count) * dense_operations(conv.shape);
      return;
    }
    for (std::size_t s = 0; s < count; ++s) {
      activity_.acs += spike_operations(conv.shape, in + s * conv.shape.input.bytes());
    }
  }

  /// The output of a convolution in step 0, and the distance to that of the next step.
  std::pair<const float*, std::size_t> convolved(std::size_t node) {
    for (const auto& image : images_) {
      if (image.node == node) return {image.current.data(), 0};
    }
    return {current(node, 0), static_cast<std::size_t>(model_.nodes[node].shape.values())};
  }

  void compose(std::size_t i, std::size_t count) {
    const auto& node = model_.nodes[i];
    const auto& dense = plan_->dense(i);
    const auto values = static_cast<std::size_t>(node.shape.values());
    const auto [y, step] = convolved(node.inputs[0]);
    for (std::size_t s = 0; s < count; ++s) {
      EarlierCurrent earlier;
      if (node.inputs.size() == 2) {
        earlier.shape = model_.nodes[node.inputs[1]].shape;
        const auto size = static_cast<std::size_t>(earlier.shape.values());
        earlier.values = currents_[node.inputs[1]].data() + s * size;
      }
      make_current(node, dense.weight, dense.bias, model_.nodes[node.inputs[0]].shape, y + s * step,
                   earlier, currents_[i].data() + s * values);
    }
    if (options_.count_operations && node.inputs.size() == 2) {
      activity_.acs += static_cast<double>(count * values);
    }
  }

  void fire(std::size_t i, std::size_t count) {
    const auto& node = model_.nodes[i];
    const auto values = static_cast<std::size_t>(node.shape.values());
    kernels::StepInput input;
    if (model_.nodes[node.inputs[0]].kind == NodeKind::kCurrent) {
      input.x = currents_[node.inputs[0]].data();
      input.x_step = values;
    } else {
      std::tie(input.x, input.x_step) = convolved(node.inputs[0]);
    }
    if (node.inputs.size() == 2 && model_.nodes[node.inputs[1]].kind != NodeKind::kConvolution) {
      const auto& spikes = plan_->spikes(node.inputs[1]);
      input.residual = levels(node.inputs[1], 0);
      input.residual_shape = spikes.shape;
      input.residual_scale = spikes.value;
    }
    const auto fired = plan_->neurons(i).run({done_, count}, input, membranes_[i].data(),
                                             plan_->spikes(i).shape, levels(i, 0), scratch_);
    const auto neurons = values * count;
    activity_.spikes += fired;
    activity_.neurons += neurons;
    if (options_.count_operations) {
      activity_.macs += static_cast<double>(count) * neuron_operations(node);
    }
  }

  void pool(std::size_t i, std::size_t count) {
    const auto& node = model_.nodes[i];
    const auto from = node.inputs[0];
    const kernels::PoolWindow window{
        static_cast<std::size_t>(node.window.kernel), static_cast<std::size_t>(node.window.stride),
        static_cast<std::size_t>(node.window.padding), node.window.maximum};
    for (std::size_t s = 0; s < count; ++s) {
      kernels::pool_levels(window, plan_->spikes(from).shape, levels(from, s),
                           plan_->spikes(i).shape, levels(i, s));
    }
  }

  /// Adds the output of step s to the sums: the mean over pixels, followed by the linear layer.
  void read_out(const Node& node, std::size_t s) {
    const auto from = node.inputs[0];
    const auto& spikes = plan_->spikes(from);
    const auto channels = spikes.shape.channels;
    counts_.assign(channels, 0);
    for (std::size_t y = 0; y < spikes.shape.height; ++y) {
      for (std::size_t x = 0; x < spikes.shape.width; ++x) {
        const auto* pixel = levels(from, s) + spikes.shape.at(y, x);
        for (std::size_t c = 0; c < channels; ++c) counts_[c] += pixel[c];
      }
    }
    const float share = spikes.value / static_cast<float>(spikes.shape.height * spikes.shape.width);
    const auto& head = plan_->head();
    for (std::size_t k = 0; k < sums_.size(); ++k) {
      float sum = 0;
      for (std::size_t c = 0; c < channels; ++c) {
        sum += head.weight[k * channels + c] * (static_cast<float>(counts_[c]) * share);
      }
      sums_[k] += sum + head.bias[k];
    }
    if (options_.count_operations) {
      activity_.macs += static_cast<double>(channels) * static_cast<double>(sums_.size());
    }
  }

  std::shared_ptr<const Plan> plan_;
  Options options_;
  const format::ModelDescription& model_;
  std::size_t steps_ = 0;
  std::size_t done_ = 0;
  bool shown_ = false;
  bool joined_ = false;  // the next convolution's output is added to another's
  std::vector<float> frame_;
  std::vector<float> whitened_;
  std::vector<Image> images_;
  kernels::LineVector<float> current_;
  kernels::LineVector<float> expanded_;
  kernels::LineVector<std::int16_t> halves_;
  std::vector<kernels::LineVector<float>> membranes_;
  std::vector<kernels::LineVector<float>> currents_;
  std::vector<std::vector<std::uint8_t>> levels_;
  std::vector<std::uint32_t> counts_;
  std::vector<float> sums_;
  kernels::SpikeList events_;
  kernels::StepScratch scratch_;
  Activity activity_;
};

Session::Session(const Model& model, const Options& options) {
  if (options.steps > 0 && options.steps != model.steps() && model.fixed_steps()) {
    fail(ErrorKind::kUsage, "{} steps asked for: the network's position encoding fixes them at {}",
         options.steps, model.steps());
  }
  if (model.graph_ != nullptr) {
    graph_ = std::make_unique<GraphRunner>(model.graph_, options);
  } else {
    impl_ = std::make_unique<Impl>(model.plan_, options);
  }
}
Session::~Session() = default;
Session::Session(Session&&) noexcept = default;
Session& Session::operator=(Session&&) noexcept = default;

void Session::reset() { graph_ ? graph_->reset() : impl_->reset(); }
void Session::begin(const std::uint8_t* image) {
  graph_ ? graph_->begin(image) : impl_->begin(image);
}
Prediction Session::step() { return graph_ ? graph_->step() : impl_->advance(1); }
Prediction Session::push(const std::uint8_t* image) {
  return graph_ ? graph_->push(image) : impl_->push(image);
}
Prediction Session::push(const float* frame) {
  return graph_ ? graph_->push(frame) : impl_->push(frame);
}
Prediction Session::classify(const std::uint8_t* image, float confidence) {
  return graph_ ? graph_->classify(image, confidence) : impl_->classify(image, confidence);
}
const Activity& Session::activity() const {
  return graph_ ? graph_->activity() : impl_->activity();
}
const std::vector<float>& Session::output_sums() const {
  return graph_ ? graph_->output_sums() : impl_->output_sums();
}
std::size_t Session::state_bytes() const {
  return graph_ ? graph_->state_bytes() : impl_->state_bytes();
}

}  // namespace staa::runtime
