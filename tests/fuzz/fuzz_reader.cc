// A libFuzzer program for one reader, named by STAA_FUZZ_READER.
#include <cstring>

#include "fuzz/readers.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  for (const auto& reader : staa::fuzz::kReaders) {
    if (std::strcmp(reader.name, STAA_FUZZ_READER) == 0) {
      staa::fuzz::read_bytes(reader.read, bytes, count);
    }
  }
  return 0;
}
