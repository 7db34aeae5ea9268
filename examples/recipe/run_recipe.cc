// Trains what a recipe describes, in a program of one's own: run_recipe RECIPE OUT
#include <staa/train.h>

#include <iostream>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    staa::run::TrainRequest request;
    request.recipe = staa::recipe::load_recipe(argv[1], {"model.width=0.0625", "model.steps=2"});
    request.out = argv[2];
    request.quiet = true;
    const auto result = staa::run::train(request);
    std::cout << result.progress.step << " steps, " << result.last.top1 << " %\n";
  } catch (const staa::Error& error) {
    std::cerr << error.what() << '\n';
    return error.exit_code();
  }
}
