#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "staa/kernels/spike_convolution/spike_convolution.h"
#include "staa/kernels/spikes.h"

namespace staa::kernels {

/// Where the spikes of an input arrive in the output, on a canvas: output positions [P, Q] with a
/// border wide enough that every tap of every spike has a place. With stride s the taps that a
/// position reaches depend on its rows and columns modulo s: its phase.
class Canvas {
 public:
  explicit Canvas(const ConvolutionShape& shape)
      : shape_(shape), low_((shape.kernel - 1 - shape.padding) / shape.stride) {}

  /// Positions before the first of the output, alike above it and to its left.
  std::size_t border() const { return low_; }
  std::size_t rows() const { return extent(shape_.height, shape_.out_height()); }
  std::size_t columns() const { return extent(shape_.width, shape_.out_width()); }
  std::size_t positions() const { return rows() * columns(); }

  /// Taps of a phase along one axis: phase, phase + stride, ... below the kernel.
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

/// The spikes of a group of images by phase and input channel: each as the offset on the canvas, in
/// values, of the place that its first tap reaches.
class SpikeLists {
 public:
  /// For groups of at most `images`; a place of the canvas holds `block` values.
  SpikeLists(const ConvolutionShape& shape, std::size_t images, std::size_t block);

  void fill(const std::uint64_t* spikes, ImageRange images);

  struct List {
    const std::uint32_t* offsets;
    std::size_t size;
  };
  /// Of row phase p and column phase q.
  List list(std::size_t p, std::size_t q, std::size_t channel) const {
    const auto i = (p * shape_.stride + q) * shape_.in + channel;
    return {offsets_.get() + i * capacity_, sizes_[i]};
  }

 private:
  /// Where the spikes of an input position go.
  struct Place {
    std::uint32_t offset;  ///< on the first image's canvas
    std::uint32_t lists;   ///< the first of its phase's lists
  };

  void add(const Place& place, std::size_t channel, std::uint32_t first);
  /// Where channels divide a word, words without spikes are passed over whole.
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
