#include "fuzz/event_readers.h"
#include "fuzz/replay.h"

namespace staa::fuzz {
namespace {

TEST(FuzzCorpus, IsReadOrRefused) { replay_corpus(kEventReaders); }

}  // namespace
}  // namespace staa::fuzz
