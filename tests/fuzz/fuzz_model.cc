// A libFuzzer program for model files and the runtime.
#include "fuzz/model.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  staa::fuzz::run_model(bytes, count);
  return 0;
}
