#include "fuzz/nir.h"
#include "fuzz/replay.h"

namespace staa::fuzz {
namespace {

TEST(FuzzCorpus, GraphsOfNirAreReadOrRefused) { replay_corpus(kGraphReaders); }

}  // namespace
}  // namespace staa::fuzz
