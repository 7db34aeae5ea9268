#include "staa/analysis/sample.h"

#include <algorithm>

#include "staa/data/augment/augment.h"
#include "staa/data/augment/fit_image.h"
#include "staa/data/sets/image_folder.h"
#include "staa/pictures/frame_image.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::analysis {
namespace {

/// `values` are stored as [steps, height, width, channels].
ViewedSample make_sample(const std::vector<float>& values, std::int64_t label,
                         const data::InputDescription& input) {
  const auto& shape = input.shape;
  ViewedSample sample;
  sample.label = label;
  const auto stride = shape.values() / shape.steps;
  const float brightest = pictures::brightest_of(values.data(), shape, stride);
  for (std::int64_t step = 0; step < shape.steps; ++step) {
    sample.frames.push_back(pictures::frame_image(values.data() + step * stride, shape,
                                                  input.normalisation, brightest));
  }
  sample.values = torch::tensor(values, torch::kFloat)
                      .view({shape.steps, 1, shape.height, shape.width, shape.channels})
                      .permute({0, 1, 4, 2, 3});
  return sample;
}

}  // namespace

data::Image ViewedSample::mean_frame() const {
  data::Image mean = frames.front();
  for (std::size_t i = 0; i < mean.pixels.size(); ++i) {
    std::size_t sum = 0;
    for (const auto& frame : frames) sum += frame.pixels[i];
    mean.pixels[i] = static_cast<std::uint8_t>(sum / frames.size());
  }
  return mean;
}

ViewedSample read_sample(const data::Source& source, std::int64_t index,
                         const data::InputDescription& input) {
  if (index < 0 || index >= source.size()) {
    fail(ErrorKind::kUsage, "sample {}: {} has {}, counted from 0", index, source.name(),
         source.size());
  }
  std::vector<float> values(static_cast<std::size_t>(source.shape().values()));
  Random random{0};  // reading a test set draws no random numbers
  source.read(index, random, values.data());
  return make_sample(values, source.label(index), input);
}

ViewedSample read_image(const std::filesystem::path& path, const data::InputDescription& input) {
  if (input.normalisation.mean.empty()) {
    fail(ErrorKind::kUsage, "{}: the network reads recordings of events, no images", path.string());
  }
  const data::ImageShape shape{input.shape.channels, input.shape.height, input.shape.width};
  auto image = data::fit_image(data::decode_image(path, read_file(path)), shape);
  std::vector<float> values(static_cast<std::size_t>(shape.bytes()));
  Random random{0};
  data::Transform(shape, input.normalisation).apply(image, random, values.data());
  return make_sample(values, -1, input);
}

}  // namespace staa::analysis
