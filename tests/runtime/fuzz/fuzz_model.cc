#include "staa/runtime/runtime.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace staa::runtime;
  try {
    const auto model = Model::load(std::vector<std::uint8_t>(data, data + size), "fuzzed");
    const auto shape = model.input();
    if (shape.values() > 4096 || model.steps() > 8) return 0;
    const std::vector<std::uint8_t> image(shape.values(), 200);
    Session(model).classify(image.data());
  } catch (const staa::Error&) {
    return 0;  // refused, as it should be
  }
  return 0;
}
