#pragma once

#include "staa/kernels/cuda/layer-inl.h"

/// What the aggregator's passes share: how samples are divided over blocks, and the operations of
/// GC and SA on pooled values, which all threads of a block compute together.
namespace staa::kernels::cuda {

/// A group of blocks takes a sample through all time steps. Each of the blocks has a range of its
/// pixels.
struct AggregatorGrid {
  Tiling tiling;
  unsigned group = 1;
  unsigned threads = kWarp;
  bool shared_slabs = false;  ///< whether slabs are in the block's shared memory
};

/// A block's part of a sample.
struct SamplePart {
  template <class Block>
  STAA_DEVICE SamplePart(const Block& block, const AggregatorGrid& grid, const NeuronShape& shape)
      : sample(block.index() / grid.group),
        rank(block.index() % grid.group),
        begin(shape.pixels * rank / grid.group),
        end(shape.pixels * (rank + 1) / grid.group) {}

  std::size_t sample;
  unsigned rank;      ///< of the block in its group
  std::size_t begin;  ///< pixels [begin, end)
  std::size_t end;
};

/// The number of pixels in the largest part.
constexpr std::size_t part_pixels(std::size_t pixels, unsigned group) {
  return (pixels + group - 1) / group;
}

/// y [out] = W x for W [out, in]. One thread per row calls `take` with the row's index and its sum.
template <class Block, class T, class F>
STAA_DEVICE void multiply(Block& block, const T* weight, std::size_t out, std::size_t in,
                          const T* x, const F& take) {
  const auto width = power_of_two(in, kWarp);
  const auto lane = block.thread() % width;
  for (std::size_t first = 0; first < out; first += block.threads() / width) {
    const auto row = first + block.thread() / width;
    T sum = 0;
    for (std::size_t i = lane; row < out && i < in; i += width) {
      sum = fused(weight[row * in + i], x[i], sum);
    }
    sum = sum_over_lanes(block, width, sum);
    if (row < out && lane == 0) take(row, sum);
  }
}

/// x [in] = W^T y for W [out, in]. One thread per column calls `take` with the column's index and
/// its sum. `memory` holds one number per thread.
template <class Block, class T, class F>
STAA_DEVICE void multiply_transposed(Block& block, const T* weight, std::size_t out, std::size_t in,
                                     const T* y, T* memory, const F& take) {
  Tiling tiling;
  tiling.lanes = power_of_two(in, block.threads());
  tiling.rows = block.threads() / tiling.lanes;
  for (std::size_t first = 0; first < in; first += tiling.lanes) {
    const auto column = first + block.thread() % tiling.lanes;
    T sum[1] = {0};
    for (std::size_t o = block.thread() / tiling.lanes; column < in && o < out; o += tiling.rows) {
      sum[0] = fused(weight[o * in + column], y[o], sum[0]);
    }
    sum_over_rows(block, tiling, sum, memory, [&](int, T total) {
      if (column < in) take(column, total);
    });
  }
}

/// Calls take(i) for i in [0, size), divided over the threads of a block.
template <class Block, class F>
STAA_DEVICE void for_each(const Block& block, std::size_t size, const F& take) {
  for (std::size_t i = block.thread(); i < size; i += block.threads()) take(i);
}

/// Returns the sum of f(i) over [0, size) in all threads. Each warp computes it by itself.
template <class Block, class F>
STAA_DEVICE auto sum_of(Block& block, std::size_t size, const F& f) {
  decltype(f(0)) sum = 0;
  for (std::size_t i = block.thread() % kWarp; i < size; i += kWarp) sum += f(i);
  return sum_over_lanes(block, kWarp, sum);
}

/// LayerNorm of a query [R], without its weights.
template <class T>
struct Normed {
  template <class Block>
  STAA_DEVICE Normed(Block& block, const T* values, std::size_t size)
      : query(values),
        mean(sum_of(block, size, [&](std::size_t r) { return values[r]; }) / static_cast<T>(size)) {
    const T variance =
        sum_of(block, size, [&](std::size_t r) { return (values[r] - mean) * (values[r] - mean); });
    rstd = 1 / root(variance / static_cast<T>(size) + static_cast<T>(1e-5));
  }

  STAA_DEVICE T operator[](std::size_t r) const { return (query[r] - mean) * rstd; }

  const T* query;
  T mean;
  T rstd;
};

/// Computes the dot product of `factor` [C], which is aligned for packs, and what `read(pixel,
/// channel, values)` gives, for pixels [part.begin, part.end). One thread per pixel calls `take`
/// with the pixel and its product.
template <int K, class Block, class T, class Read, class F>
STAA_DEVICE void dots(Block& block, const SamplePart& part, std::size_t channels, const T* factor,
                      const Read& read, const F& take) {
  const auto packs = channels / K;
  const auto width = power_of_two(packs, kWarp);
  const auto lane = block.thread() % width;
  for (auto first = part.begin; first < part.end; first += block.threads() / width) {
    const auto pixel = first + block.thread() / width;
    T sum = 0;
    for (std::size_t pack = lane; pixel < part.end && pack < packs; pack += width) {
      T values[K];
      T factors[K];
      read(pixel, pack * K, values);
      load(factor + pack * K, factors);
      for (int k = 0; k < K; ++k) sum = fused(values[k], factors[k], sum);
    }
    sum = sum_over_lanes(block, width, sum);
    if (pixel < part.end && lane == 0) take(pixel, sum);
  }
}

/// Hands out a block's shared memory from the front.
template <class T>
struct SharedParts {
  STAA_DEVICE explicit SharedParts(char* memory) : next(reinterpret_cast<T*>(memory)) {}

  STAA_DEVICE T* take(std::size_t size) {
    T* part = next;
    next += size;
    return part;
  }

  T* next;
};

/// The number of rows [C] in SampleRun::tables, which each pass places in shared memory, aligned
/// for packs: the two scales and the shift of X, GC's two keys, and the encodings of X and H in a
/// time step.
constexpr std::size_t kTableRows = 7;

/// A thread's view of a pass over a sample, on which both passes are built: where values lie, what
/// is the same for all pixels, and how the sample's blocks add up what each of them has pooled.
template <class Kernel, class Block>
struct SampleRun {
  using T = typename Kernel::T;

  STAA_DEVICE SampleRun(const Kernel& own, Block& in)
      : kernel(own), block(in), shape(own.layer.shape), part(in, own.grid, shape) {}

  STAA_DEVICE std::size_t row(std::size_t t) const { return t * shape.batch + part.sample; }
  STAA_DEVICE std::size_t step() const { return shape.batch * shape.pixels * shape.channels; }
  STAA_DEVICE std::size_t place(std::size_t pixel) const {
    return (part.sample * shape.pixels + pixel) * shape.channels;
  }

  STAA_DEVICE T* key(int i) const { return tables + (3 + i) * shape.channels; }
  STAA_DEVICE T* encoding(int i) const { return tables + (5 + i) * shape.channels; }

  /// Fills all tables except the encodings.
  STAA_DEVICE void tabulate() const {
    const auto& layer = kernel.layer;
    for_each(block, shape.channels, [&](std::size_t c) {
      const Columns<typename Kernel::Element, 1> column(kernel.input, c);
      tables[c] = column.scale[0][0];
      tables[shape.channels + c] = column.scale[1][0];
      tables[2 * shape.channels + c] = column.shift[0];
      STAA_UNROLL
      for (int i = 0; i < 2; ++i) key(i)[c] = layer.gc_reduced > 0 ? layer.gc[i].key[c] : T(0);
    });
  }

  STAA_DEVICE void tabulate_encodings(std::size_t t, std::size_t c) const {
    const auto& layer = kernel.layer;
    const auto at = t * shape.channels + c;
    encoding(0)[c] = layer.pe_x == nullptr ? T(0) : layer.pe_x[at];
    encoding(1)[c] = layer.pe_h == nullptr ? T(0) : layer.pe_h[at];
  }

  /// The partial sums [group, kPooled, C] of this sample, until the next meeting.
  STAA_DEVICE T* partials_of_group() const {
    return kernel.partials + (meetings % 2 * shape.batch + part.sample) * kernel.grid.group *
                                 Kernel::kPooled * shape.channels;
  }

  /// Waits for the sample's blocks and adds up their partial sums. Two successive meetings use
  /// different memory, so that a block that goes ahead does not overwrite what others still read.
  STAA_DEVICE void meet_to_add(T* pooled) {
    const T* of_group = partials_of_group();
    const auto size = Kernel::kPooled * shape.channels;
    if (kernel.grid.group > 1) {
      block.sync_group();
    } else {
      block.sync();
    }
    ++meetings;
    for_each(block, size, [&](std::size_t i) {
      T sum = 0;
      for (unsigned g = 0; g < kernel.grid.group; ++g) sum += of_group[g * size + i];
      pooled[i] = sum;
    });
  }

  const Kernel& kernel;
  Block& block;
  const NeuronShape& shape;
  SamplePart part;
  T* tables = nullptr;
  unsigned meetings = 0;
};

}  // namespace staa::kernels::cuda
