// Trains a small spiking network in a program of one's own: own_training RECIPE OUT
#include <staa/train/trainer.h>
#include <staa/util/error.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    staa::train::TrainRequest request;
    request.recipe = staa::recipe::load_recipe(argv[1], {"model.width=0.0625", "model.steps=2"});
    request.out = argv[2];
    request.quiet = true;
    const auto result = staa::train::train(request);
    std::cout << result.progress.step << " steps, " << result.last.top1 << " %\n";
  } catch (const staa::Error& error) {
    std::cerr << error.what() << '\n';
    return error.exit_code();
  }
}
