#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "staa/kernels/spike_convolution/spike_convolution.h"
#include "staa/kernels/spikes.h"

namespace staa::kernels {

/// The canvas on which spikes arrive: the output positions [P, Q] with a border wide enough that
/// every tap of every spike has a place. With stride s, the taps that read an input position depend
/// on its row and column, counted with the padding, modulo s: its phase.
class Canvas {
 public:
  explicit Canvas(const ConvolutionShape& shape)
      : shape_(shape), low_((shape.kernel - 1 - shape.padding) / shape.stride) {}

  /// The width in positions of the border above the output and to its left.
  std::size_t border() const { return low_; }
  std::size_t rows() const { return extent(shape_.height, shape_.out_height()); }
  std::size_t columns() const { return extent(shape_.width, shape_.out_width()); }
  std::size_t positions() const { return rows() * columns(); }

  /// The number of taps of a phase along one axis: those at phase, phase + stride, ... below the
  /// kernel size.
  std::size_t taps(std::size_t phase) const {
    return phase >= shape_.kernel ? 0 : (shape_.kernel - 1 - phase) / shape_.stride + 1;
  }
  std::size_t phase(std::size_t at) const { return (at + shape_.padding) % shape_.stride; }
  /// The place along one axis that the first tap of input position `at` reaches; the next tap
  /// reaches the place before it.
  std::size_t first_place(std::size_t at) const {
    return (at + shape_.padding) / shape_.stride + low_;
  }

 private:
  std::size_t extent(std::size_t input, std::size_t output) const {
    const auto reached = (input - 1 + shape_.padding) / shape_.stride + 1;
    return low_ + (reached > output ? reached : output);
  }

  ConvolutionShape shape_;
  std::size_t low_;
};

/// The spikes of a group of images, listed by phase and input channel. A spike is stored as the
/// offset, in values, of the place on the canvas that its first tap reaches.
class SpikeLists {
 public:
  /// For groups of at most `images` images; a place on the canvas holds `block` values.
  SpikeLists(const ConvolutionShape& shape, std::size_t images, std::size_t block);

  void fill(const std::uint64_t* spikes, ImageRange images);

  struct List {
    const std::uint32_t* offsets;
    std::size_t size;
  };
  /// The list of an input channel at row phase p and column phase q.
  List list(std::size_t p, std::size_t q, std::size_t channel) const {
    const auto i = (p * shape_.stride + q) * shape_.in + channel;
    return {offsets_.get() + i * capacity_, sizes_[i]};
  }

 private:
  /// Where the spikes of an input position go.
  struct Place {
    std::uint32_t offset;  ///< on the first image's canvas
    std::uint32_t lists;   ///< index of its phase's first list
  };

  void add(const Place& place, std::size_t channel, std::uint32_t first);
  /// For numbers of channels that divide the word size: skips words without spikes.
  void fill_whole_words(const std::uint64_t* spikes, std::uint32_t first);
  void fill_pixels(const std::uint64_t* spikes, std::uint32_t first);

  ConvolutionShape shape_;
  Canvas canvas_;
  std::size_t block_;
  std::vector<Place> places_;  // [H * W]
  std::size_t capacity_;
  std::unique_ptr<std::uint32_t[]> offsets_;  // [phases, phases, in, capacity]
  std::vector<std::uint32_t> sizes_;
};

}  // namespace staa::kernels
