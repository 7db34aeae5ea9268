// Writes a small data set of the MNIST family: tiny_images FOLDER
#include "support/tiny_data.h"

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  staa::test::write_tiny_mnist(argv[1], 64, 20);
}
