// Classifies one raw image, as examples/c does, with the C++ interface: classify MODEL IMAGE
#include <staa/runtime/runtime.h>

#include <fstream>
#include <iostream>
#include <iterator>

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  try {
    const auto model = staa::runtime::Model::load(argv[1]);
    std::ifstream file(argv[2], std::ios::binary);
    std::vector<std::uint8_t> image{std::istreambuf_iterator<char>(file), {}};
    if (image.size() != model.input().values()) return 1;
    staa::runtime::Session session(model);
    const auto found = session.classify(image.data());
    std::cout << model.classes()[found.label] << ' ' << found.probability << ' ' << found.steps
              << " steps\n";
  } catch (const staa::Error& error) {
    std::cerr << error.what() << '\n';
    return error.exit_code();
  }
}
