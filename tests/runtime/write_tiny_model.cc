// Writes a small model with random weights and an image for it:
//
//   tiny_model MODEL IMAGE [bf16|int16|int8] [plain]
//
// With `plain` the file has no checksum, so that it can be a seed for the fuzzer.

#include <fstream>
#include <set>

#include "runtime/tiny_model.h"
#include "staa/util/random.h"

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::set<std::string> words(argv + 3, argv + argc);
  staa::test::TinyModel model;
  for (const auto weights : {staa::format::Weights::kBf16, staa::format::Weights::kInt16,
                             staa::format::Weights::kInt8}) {
    if (words.count(staa::format::weights_name(weights)) > 0) model.weights = weights;
  }
  model.checksum = words.count("plain") == 0;
  const auto file = staa::test::tiny_model(model);
  std::ofstream(argv[1], std::ios::binary)
      .write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
  std::ofstream image(argv[2], std::ios::binary);
  staa::Random random{3};
  for (int i = 0; i < 64; ++i) image.put(static_cast<char>(random.below(256)));
  return 0;
}
