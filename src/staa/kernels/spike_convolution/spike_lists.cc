#include "staa/kernels/spike_convolution/spike_lists.h"

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
  places_.reserve(shape.height * shape.width);
  for (std::size_t y = 0; y < shape.height; ++y) {
    for (std::size_t x = 0; x < shape.width; ++x) {
      const auto place = canvas_.first_place(y) * canvas_.columns() + canvas_.first_place(x);
      const auto phase = canvas_.phase(y) * shape.stride + canvas_.phase(x);
      places_.push_back({static_cast<std::uint32_t>(place * block),
                         static_cast<std::uint32_t>(phase * shape.in)});
    }
  }
}

void SpikeLists::fill(const std::uint64_t* spikes, ImageRange images) {
  std::fill(sizes_.begin(), sizes_.end(), 0U);
  const auto words = spike_words(places_.size() * shape_.in);
  for (auto image = images.begin; image < images.end; ++image) {
    const auto first =
        static_cast<std::uint32_t>((image - images.begin) * canvas_.positions() * block_);
    if (kSpikesPerWord % shape_.in == 0) {
      fill_whole_words(spikes + image * words, first);
    } else {
      fill_pixels(spikes + image * words, first);
    }
  }
}

void SpikeLists::add(const Place& place, std::size_t channel, std::uint32_t first) {
  const auto i = place.lists + channel;
  offsets_[i * capacity_ + sizes_[i]++] = first + place.offset;
}

void SpikeLists::fill_whole_words(const std::uint64_t* spikes, std::uint32_t first) {
  const auto size = places_.size() * shape_.in;
  const auto shift = hwy::Num0BitsBelowLS1Bit_Nonzero64(shape_.in);  // a power of two
  for (std::size_t w = 0; w < spike_words(size); ++w) {
    for (auto bits = spikes[w]; bits != 0; bits &= bits - 1) {
      const auto element = w * kSpikesPerWord + hwy::Num0BitsBelowLS1Bit_Nonzero64(bits);
      add(places_[element >> shift], element & (shape_.in - 1), first);
    }
  }
}

void SpikeLists::fill_pixels(const std::uint64_t* spikes, std::uint32_t first) {
  std::size_t element = 0;
  for (const auto& place : places_) {
    for (std::size_t c = 0; c < shape_.in; c += kSpikesPerWord) {
      const auto count = std::min(kSpikesPerWord, shape_.in - c);
      auto bits = spikes_at(spikes, element, count);
      element += count;
      for (; bits != 0; bits &= bits - 1) {
        add(place, c + hwy::Num0BitsBelowLS1Bit_Nonzero64(bits), first);
      }
    }
  }
}

}  // namespace staa::kernels
