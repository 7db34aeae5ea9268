#include "staa/kernels/spike_lists.h"

#include <hwy/base.h>

#include <algorithm>

namespace staa::kernels {

SpikeLists::SpikeLists(const ConvolutionShape& shape, std::size_t images, std::size_t block)
    : shape_(shape), canvas_(shape), block_(block) {
  const auto of_axis = [&](std::size_t extent) { return (extent - 1) / shape.stride + 1; };
  capacity_ = images * of_axis(shape.height) * of_axis(shape.width);
  const auto lists = shape.stride * shape.stride * shape.in;
  offsets_.reset(new std::uint32_t[lists * capacity_]);  // not cleared: little of it is used
  sizes_.resize(lists);
}

void SpikeLists::fill(const std::uint64_t* spikes, ImageRange images) {
  std::fill(sizes_.begin(), sizes_.end(), 0U);
  const auto words = spike_words(shape_.height * shape_.width * shape_.in);
  for (auto image = images.begin; image < images.end; ++image) {
    const auto* of_image = spikes + image * words;
    std::size_t element = 0;
    const auto first = (image - images.begin) * canvas_.positions();
    for (std::size_t y = 0; y < shape_.height; ++y) {
      const auto row = first + canvas_.first_place(y) * canvas_.columns();
      for (std::size_t x = 0; x < shape_.width; ++x) {
        const auto offset = static_cast<std::uint32_t>((row + canvas_.first_place(x)) * block_);
        const auto lists = (canvas_.phase(y) * shape_.stride + canvas_.phase(x)) * shape_.in;
        for (std::size_t c = 0; c < shape_.in; c += kSpikesPerWord) {
          const auto count = std::min(kSpikesPerWord, shape_.in - c);
          auto bits = spikes_at(of_image, element, count);
          element += count;
          for (; bits != 0; bits &= bits - 1) {
            const auto i = lists + c + hwy::Num0BitsBelowLS1Bit_Nonzero64(bits);
            offsets_[i * capacity_ + sizes_[i]++] = offset;
          }
        }
      }
    }
  }
}

}  // namespace staa::kernels
