#include "staa/run/whitening.h"

#include <algorithm>

#include "staa/util/error.h"
#include "staa/util/random.h"

namespace staa::run {
namespace {

/// Random stream for the images that the stem is fitted to.
constexpr std::uint64_t kWhiteningStream = 0x776869746e;

constexpr std::int64_t kMostImages = 5000;
constexpr std::int64_t kMostValues = std::int64_t{1} << 26;

}  // namespace

void fit_whitening(nn::WhiteningImpl& stem, const data::Source& images,
                   const recipe::Recipe& recipe) {
  const auto shape = images.shape();
  const auto count = std::min(
      {kMostImages, images.size(), std::max<std::int64_t>(1, kMostValues / shape.values())});
  auto values = torch::empty({count, shape.height, shape.width, shape.channels});
  Random random{static_cast<std::uint64_t>(recipe.seed), kWhiteningStream};
  std::int64_t read = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    try {  // spread over the set, which may be sorted by class
      images.read(i * images.size() / count, random, values[read].data_ptr<float>());
      ++read;
    } catch (const Error& error) {
      const bool skip = recipe.data.corrupt == recipe::Corrupt::kSkip;
      if (!skip || error.kind() != ErrorKind::kInput) throw;
    }
  }
  if (read == 0) fail(ErrorKind::kInput, "{}: no image for the whitening stem", images.name());
  stem.fit(values.narrow(0, 0, read).permute({0, 3, 1, 2}));
}

}  // namespace staa::run
