#pragma once

#include "staa/kernels/cuda/layer-inl.h"

namespace staa::kernels::cuda {

/// out [batches, p, q] = factor * the sum over n of a [batches, n, p] * b [batches, n, q]; without
/// b, and q = 1, of a alone.
template <class T>
struct SumJob {
  const T* a = nullptr;
  const T* b = nullptr;
  T* out = nullptr;
  std::size_t n = 0;
  std::size_t p = 0;
  std::size_t q = 1;
  std::size_t batches = 1;
  T factor = 1;
  std::size_t first_block = 0;  ///< SumJobs::add() sets it
};

/// Jobs that one launch does.
template <class T>
struct SumJobs {
  static constexpr int kMost = 32;

  SumJob<T> jobs[kMost];
  int count = 0;
  std::size_t blocks = 0;

  void add(SumJob<T> job) {
    if (job.out == nullptr) return;
    job.first_block = blocks;
    blocks += divide_up(job.batches * job.p * job.q, kWarp);
    jobs[count++] = job;
  }
};

/// A block takes kWarp outputs of a job; its rows of threads share the sum, in an order that
/// nothing changes.
template <class T>
struct Sums {
  static constexpr unsigned kThreads = 256;

  SumJobs<T> work;

  template <class Block>
  STAA_DEVICE void operator()(Block& block) const {
    int own = 0;
    while (own + 1 < work.count && work.jobs[own + 1].first_block <= block.index()) ++own;
    const auto& job = work.jobs[own];
    Tiling tiling;
    tiling.lanes = kWarp;
    tiling.rows = block.threads() / kWarp;
    const auto output = (block.index() - job.first_block) * kWarp + block.thread() % tiling.lanes;
    const bool there = output < job.batches * job.p * job.q;
    T sum[1] = {0};
    if (there) {
      const auto batch = output / (job.p * job.q);
      const T* a = job.a + batch * job.n * job.p + output / job.q % job.p;
      const T* b = job.b == nullptr ? nullptr : job.b + batch * job.n * job.q + output % job.q;
      for (std::size_t i = block.thread() / tiling.lanes; i < job.n; i += tiling.rows) {
        sum[0] = fused(a[i * job.p], b == nullptr ? T(1) : b[i * job.q], sum[0]);
      }
    }
    sum_over_rows(block, tiling, sum, reinterpret_cast<T*>(block.shared()), [&](int, T total) {
      if (there) job.out[output] = job.factor * total;
    });
  }
};

/// out = of_gradient * dx + of_value * y + constant (normalise.h). A thread takes K channels of a
/// few rows, so that it reads their factors once.
template <class S, int K>
struct Mix {
  using T = Compute<S>;
  static constexpr unsigned kThreads = 256;
  static constexpr std::size_t kRows = 4;  ///< of a thread

  const S* dx;
  const S* y;
  const T* of_gradient;
  const T* of_value;  ///< null: 0, as `constant`
  const T* constant;
  std::size_t rows;
  std::size_t channels;
  S* out;
  Tiling tiling;

  std::size_t blocks() const { return tiling.tiles * divide_up(rows, kRows * tiling.rows); }

  template <class Block>
  STAA_DEVICE void operator()(Block& block) const {
    const auto tile = block.index() % tiling.tiles;
    const auto channel = (tile * tiling.lanes + block.thread() % tiling.lanes) * K;
    if (channel >= channels) return;
    const auto column = [&](const T* from) { return from == nullptr ? nullptr : from + channel; };
    T factors[K];
    T slopes[K];
    T constants[K];
    load_each(column(of_gradient), T(1), factors);
    load_each(column(of_value), T(0), slopes);
    load_each(column(constant), T(0), constants);
    const auto first = std::size_t{block.index()} / tiling.tiles * kRows * tiling.rows +
                       block.thread() / tiling.lanes;
    STAA_UNROLL
    for (std::size_t i = 0; i < kRows; ++i) {
      const auto row = first + i * tiling.rows;
      if (row >= rows) return;
      const auto at = row * channels + channel;
      T values[K];
      load(dx + at, values);
      for (int k = 0; k < K; ++k) values[k] *= factors[k];
      if (of_value != nullptr) {
        T of_y[K];
        load(y + at, of_y);
        for (int k = 0; k < K; ++k) values[k] += fused(slopes[k], of_y[k], constants[k]);
      }
      store(values, out + at);
    }
  }
};

}  // namespace staa::kernels::cuda
