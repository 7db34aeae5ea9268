#pragma once

#include "staa/kernels/cuda/layer-inl.h"

namespace staa::kernels::cuda {

/// out [batches, p, q] = factor * the sum over n of a [batches, n, p] * b [batches, n, q]. If b is
/// null, q is 1, and only `a` is summed.
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
  std::size_t first_block = 0;  ///< set by SumJobs::add()
};

/// The jobs of one launch.
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

/// A block computes kWarp outputs of a job. Its rows of threads share each sum, in a fixed order.
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

}  // namespace staa::kernels::cuda
