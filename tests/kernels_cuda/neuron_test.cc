#include <gtest/gtest.h>

#include <cmath>
#include <type_traits>

#include "kernels_cuda/emulator.h"
#include "kernels_cuda/neuron_case.h"
#include "staa/kernels/cuda/launch-inl.h"

/// Compares the CUDA kernels, run thread by thread on the processor, with the processor's kernels.
namespace staa::test {
namespace {

using kernels::Bf16;
using kernels::Compute;
using kernels::Half;
namespace cuda = kernels::cuda;

/// GPUs of all kinds: with and without groups, with shared memory that is large enough for slabs or
/// not.
cuda::Device random_device(std::uint64_t seed) {
  Random random{seed, 18};
  cuda::Device device;
  device.groups = random.chance(0.6);
  device.group_pixels = static_cast<std::size_t>(1 + random.below(4));
  device.threads = random.chance(0.2) ? 256 : random.chance(0.5) ? 32 : 64;
  device.shared = random.chance(0.5) ? 96 << 10 : 24 << 10;
  return device;
}

/// Converts values to elements S, rounding to the nearest.
template <class S>
std::vector<S> elements(const Compute<S>* values, std::size_t size) {
  std::vector<S> out(size);
  for (std::size_t i = 0; i < size && values != nullptr; ++i) cuda::narrow(values[i], out[i]);
  return out;
}

template <class S>
void write_values(const std::vector<S>& from, Compute<S>* to) {
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = cuda::widen(from[i]);
}

/// Rounds the sequences of a case to elements S, so that the processor reads the same numbers in T.
template <class S>
void round_sequences(NeuronCase<Compute<S>>& c) {
  const auto round = [](const Compute<S>* values, std::size_t size) {
    write_values(elements<S>(values, size), const_cast<Compute<S>*>(values));
  };
  for (int i = 0; i < c.input.count; ++i) round(c.input.terms[i].values, c.size_of_term(i));
  round(c.spike_gradients, c.size());
}

template <class S>
void run_on_gpu(const NeuronCase<Compute<S>>& c, Emulator& emulator, Outcome<Compute<S>>& out) {
  using T = Compute<S>;
  const auto& layer = c.layer;
  const auto& shape = layer.shape;
  kernels::NeuronInput<S> input;
  input.count = c.input.count;
  std::vector<S> values[2];
  for (int i = 0; i < input.count; ++i) {
    const auto& term = c.input.terms[i];
    values[i] = elements<S>(term.values, c.size_of_term(i));
    input.terms[i] = {values[i].data(), term.scale, term.shift, term.constant};
  }
  std::vector<S> spikes(c.size());
  T* spike_values = out.add("spikes", c.size());
  const auto rows = place_rows(c, out);
  Arrays<T> memory;
  T* scratch = memory.filled(cuda::scratch_of<cuda::AggregatorForward>(layer, emulator.device()),
                             std::nan(""));
  cuda::launch_forward(emulator, layer, input, rows, spikes.data(), scratch);
  write_values(spikes, spike_values);

  const auto pieces = cuda::pieces_of(shape, layer.aggregate, emulator.device());
  auto gradients = place_gradients<T, S>(c, pieces, memory);
  std::vector<S> dx(c.size_of_dx());
  gradients.x = dx.data();
  const auto ds = elements<S>(c.spike_gradients, c.size());
  const auto gc_rows = place_gc_rows(c, memory);
  scratch = memory.filled(cuda::scratch_of<cuda::AggregatorBackward>(layer, emulator.device()),
                          std::nan(""));
  cuda::launch_backward(emulator, layer, input, rows, ds.data(), gradients, gc_rows, scratch);
  write_values(dx, out.add("x", dx.size()));
  cuda::gradients_of_parameters(emulator, layer, rows, gradients, gc_rows, place_outputs(c, out));
  for (int i = 0; i < 2; ++i) {
    if (c.center[i] == nullptr) continue;
    T* scale = out.add("scale", shape.channels);
    T* shift = out.add("shift", shape.channels);
    const T* const tables[2] = {gradients.scale[i], gradients.shift};
    T* const sums[2] = {scale, shift};
    cuda::sums_of_rows(emulator, tables, shape.batch * pieces, shape.channels, sums);
  }
}

/// The number of spikes that differ.
template <class T>
std::size_t differing(const Outcome<T>& a, const Outcome<T>& b) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < a.named[0].size; ++i) {
    if (a.named[0].values[i] != b.named[0].values[i]) ++count;
  }
  return count;
}

/// Compares every array to within `tolerance` of its largest value, except dX, which is rounded to
/// elements and has the tolerance `of_x`.
template <class T>
void expect_alike(const Outcome<T>& found, const Outcome<T>& expected, double tolerance,
                  double of_x) {
  ASSERT_EQ(found.named.size(), expected.named.size());
  for (std::size_t n = 0; n < found.named.size(); ++n) {
    const auto& a = found.named[n];
    const auto& b = expected.named[n];
    ASSERT_STREQ(a.name, b.name);
    ASSERT_EQ(a.size, b.size) << a.name;
    double largest = 1;
    for (std::size_t i = 0; i < b.size; ++i) {
      largest = std::max(largest, std::abs(static_cast<double>(b.values[i])));
    }
    const double allowed = (std::string(a.name) == "x" ? of_x : tolerance) * largest;
    for (std::size_t i = 0; i < a.size; ++i) {
      const auto distance = std::abs(static_cast<double>(a.values[i] - b.values[i]));
      ASSERT_TRUE(distance <= allowed) << a.name << "[" << i << "]: " << a.values[i]
                                       << " on the GPU, " << b.values[i] << " expected";
    }
  }
}

/// How close results in S are to those of the processor.
template <class S>
struct Nearness {
  double tolerance = 1e-9;
  double of_x = 1e-9;
};
template <>
struct Nearness<float> {
  double tolerance = 5e-4;
  double of_x = 5e-4;
};
template <>
struct Nearness<Bf16> {
  double tolerance = 5e-4;
  double of_x = 1.0 / 256;
};
template <>
struct Nearness<Half> {
  double tolerance = 5e-4;
  double of_x = 1.0 / 1024;
};

template <class S>
void compare(std::uint64_t first, std::uint64_t last) {
  using T = Compute<S>;
  constexpr bool kExact = std::is_same_v<S, double>;
  std::size_t compared = 0;
  for (auto seed = first; seed < last; ++seed) {
    // A membrane within rounding of the threshold may fall on either side. In float, the smooth
    // surrogate at least adds no further edges.
    NeuronCase<T> c(seed, /*smooth=*/!kExact);
    round_sequences<S>(c);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    Emulator emulator(random_device(seed), seed);
    Outcome<T> found;
    Outcome<T> expected;
    run_on_gpu<S>(c, emulator, found);
    run_on_processor(c, expected);
    const auto different = differing(found, expected);
    ASSERT_LE(different, kExact ? 0 : 1 + c.size() / 1000);
    if (different > 0) continue;
    ++compared;
    expect_alike(found, expected, Nearness<S>().tolerance, Nearness<S>().of_x);
    if (testing::Test::HasFatalFailure()) return;
  }
  EXPECT_GE(compared, (last - first) / 2);
}

TEST(CudaNeurons, MatchTheProcessorInDouble) { compare<double>(1, 201); }
TEST(CudaNeurons, MatchTheProcessorInFloat) { compare<float>(301, 381); }
TEST(CudaNeurons, MatchTheProcessorInBf16) { compare<Bf16>(401, 461); }
TEST(CudaNeurons, MatchTheProcessorInHalf) { compare<Half>(501, 561); }

/// The results must not depend on the order in which threads run, nor vary between runs.
TEST(CudaNeurons, GiveTheSameBitsInAnyOrderOfThreads) {
  for (std::uint64_t seed = 601; seed < 621; ++seed) {
    NeuronCase<float> c(seed, /*smooth=*/false);
    SCOPED_TRACE(testing::Message() << "seed " << seed << ": " << c);
    const auto device = random_device(seed);
    Outcome<float> first;
    Outcome<float> second;
    Emulator one(device, 1);
    Emulator other(device, 2);
    run_on_gpu<float>(c, one, first);
    run_on_gpu<float>(c, other, second);
    expect_alike(first, second, 0, 0);
  }
}

/// Sequences and parameters that are not aligned for wide accesses are read one by one.
TEST(CudaNeurons, TakeWhatLiesAtOddPlaces) {
  const std::size_t channels = 8;
  for (const std::size_t of_sequence : {0, 1}) {
    for (const std::size_t of_parameters : {0, 1}) {
      std::vector<float> x(of_sequence + 2 * channels, 0.75F);
      std::vector<float> spikes(of_sequence + 2 * channels);
      const std::vector<float> factors(of_parameters + channels, 1.0F);
      const std::vector<float> zeros(of_parameters + channels, 0.0F);
      kernels::NeuronLayer<float> layer;
      layer.shape = {2, 1, 1, channels};
      layer.decay = factors.data() + of_parameters;
      layer.gain = factors.data() + of_parameters;
      layer.offset = zeros.data() + of_parameters;
      kernels::NeuronInput<float> input;
      input.terms[0].values = x.data() + of_sequence;
      Emulator emulator({});
      cuda::launch_forward(emulator, layer, input, {}, spikes.data() + of_sequence,
                           static_cast<float*>(nullptr));
      for (std::size_t c = 0; c < channels; ++c) {
        EXPECT_EQ(spikes[of_sequence + c], 0.0F);
        EXPECT_EQ(spikes[of_sequence + channels + c], 1.0F);
      }
    }
  }
}

/// A layer with the largest allowed number of channels fits into a block's memory, and one with
/// twice as many does not.
TEST(CudaNeurons, AggregatorsAreTakenAsFarAsMemoryGoes) {
  for (const std::size_t kib : {48, 99, 227}) {
    cuda::Device device;
    device.shared = kib << 10;
    kernels::NeuronLayer<float> layer;
    layer.shape.channels = cuda::most_channels_of<float>(device);
    layer.gc_reduced = layer.sa_reduced = layer.shape.channels;
    const auto size = [&] {
      return sizeof(float) *
             std::max(cuda::AggregatorForward<float, 4>::shared_size(layer, device.threads),
                      cuda::AggregatorBackward<float, 4>::shared_size(layer, device.threads));
    };
    EXPECT_LE(size(), device.shared);
    layer.shape.channels *= 2;
    EXPECT_GT(size(), device.shared);
  }
}

}  // namespace
}  // namespace staa::test
