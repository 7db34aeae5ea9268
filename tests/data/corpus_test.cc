#include "fuzz/image_readers.h"
#include "fuzz/replay.h"

namespace staa::fuzz {
namespace {

TEST(FuzzCorpus, IsReadOrRefused) { replay_corpus(kImageReaders); }

}  // namespace
}  // namespace staa::fuzz
