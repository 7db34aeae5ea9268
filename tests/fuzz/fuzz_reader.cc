// A libFuzzer program for the reader that STAA_FUZZ_READER names.
#include <cstring>

#include "fuzz/event_readers.h"
#include "fuzz/image_readers.h"

namespace {

template <typename Readers>
void run_named(const Readers& readers, const std::uint8_t* bytes, std::size_t count) {
  for (const auto& reader : readers) {
    if (std::strcmp(reader.name, STAA_FUZZ_READER) == 0) {
      staa::fuzz::read_bytes(reader.read, bytes, count);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t count) {
  run_named(staa::fuzz::kEventReaders, bytes, count);
  run_named(staa::fuzz::kImageReaders, bytes, count);
  return 0;
}
