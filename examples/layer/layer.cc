// STAA neurons in a network and a training loop of one's own: which half of a sequence is louder?
#include <staa/nn.h>

#include <iostream>

int main() {
  constexpr std::int64_t kSteps = 4, kBatch = 64, kInputs = 8, kHidden = 32;
  torch::manual_seed(1);
  staa::NeuronOptions options;
  options.threshold = 0.5;
  torch::nn::Sequential network(torch::nn::Linear(kInputs, kHidden),
                                staa::nn::StaaLif(options, kHidden, kSteps),
                                torch::nn::Linear(kHidden, 2));
  torch::optim::Adam optimizer(network->parameters(), 0.01);

  double right = 0;
  for (int step = 1; step <= 200; ++step) {
    const auto x = torch::rand({kSteps, kBatch, kInputs});  // [T, B, C]
    const auto halves = x.mean(0).chunk(2, 1);
    const auto louder = halves[0].sum(1) < halves[1].sum(1);
    const auto labels = louder.to(torch::kLong);
    const auto logits = network->forward(x).mean(0);  // over the time steps
    optimizer.zero_grad();
    torch::nn::functional::cross_entropy(logits, labels).backward();
    optimizer.step();
    if (step > 150) right += logits.argmax(1).eq(labels).to(torch::kDouble).mean().item<double>();
  }
  std::cout << network << '\n' << 2 * right << " % right\n";
}
