// Trains a network of one's own on data of one's own: own_network CHECKPOINT [--resume]
#include <staa/train.h>

#include <iostream>

using namespace staa;

/// Noisy stripes, which lie (class 0) or stand (class 1). Any class with these two functions will
/// do.
class Stripes {
 public:
  explicit Stripes(std::int64_t size) : size_(size) {}

  std::int64_t size() const { return size_; }

  /// Drawing from `random` makes a sample a function of the fit's seed, the epoch and its index.
  train::Sample get(std::int64_t index, Random& random) const {
    auto image = torch::empty({1, 16, 16});
    auto* pixel = image.data_ptr<float>();
    const auto shift = random.below(4);
    for (std::int64_t i = 0; i < 256; ++i) {
      const auto place = index % 2 == 0 ? i / 16 : i % 16;
      const bool bright = (place + shift) % 4 < 2;
      pixel[i] = (bright ? 1.0F : 0.0F) + static_cast<float>(random.uniform());
    }
    return {image, index % 2};
  }

 private:
  std::int64_t size_;
};

/// Two spiking convolutions and a head.
struct NetImpl : torch::nn::Module {
  NetImpl() {
    NeuronOptions neuron;
    neuron.threshold = 0.5;
    first = register_module("first", nn::ConvNeuron(nn::ConvShape{1, 8}, neuron, kSteps));
    second = register_module("second", nn::ConvNeuron(nn::ConvShape{8, 8, 3, 2}, neuron, kSteps));
    head = register_module("head", nn::Head(8, 2));
  }

  /// Images [B, C, H, W] -> the logits of every time step, [T, B, K].
  torch::Tensor forward(const torch::Tensor& x) {
    return head->forward(second->spikes(first->spikes(x.unsqueeze(0))));
  }

  static constexpr std::int64_t kSteps = 2;
  nn::ConvNeuron first{nullptr}, second{nullptr};
  nn::Head head{nullptr};
};
TORCH_MODULE(Net);

int main(int argc, char** argv) {
  if (argc < 2) return 2;
  torch::manual_seed(1);
  train::FitOptions options;
  options.epochs = 3;
  options.batch = 32;
  options.optimizer.kind = train::OptimizerKind::kAdamW;
  options.optimizer.lr = 0.01;
  options.checkpoint = argv[1];
  options.resume = argc > 2;
  train::Callbacks callbacks;
  callbacks.epoch = [](const train::EpochReport& epoch) {
    std::cout << "epoch " << epoch.epoch << ": loss " << epoch.train_loss << ", " << epoch.test.top1
              << " % of the test samples right\n";
  };
  try {
    train::fit(Net(), std::make_shared<Stripes>(512), std::make_shared<Stripes>(128), options,
               callbacks);
  } catch (const Error& error) {
    std::cerr << error.what() << '\n';
    return error.exit_code();
  }
}
