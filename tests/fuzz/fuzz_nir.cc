// A libFuzzer program for the NIR importer.
#include "fuzz/nir.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  staa::fuzz::read_bytes(staa::fuzz::run_nir, bytes, count);
  return 0;
}
