#include <benchmark/benchmark.h>

#include <filesystem>

#include "staa/events/aedat2.h"
#include "staa/events/atis.h"
#include "staa/events/frames.h"
#include "staa/util/random.h"

// Measures events per second for reading and for summing to 16 frames, on one thread.
// bench/events.sh runs it and bench/numpy_events.py on the same file.

namespace staa::bench {
namespace {

constexpr events::Sensor kSensor{128, 128};
constexpr std::int64_t kSteps = 16;

/// Events as a camera records them: clustered around a moving point.
std::vector<events::Event> make_events(std::size_t count) {
  Random random{1};
  std::vector<events::Event> all;
  all.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    const double phase = 6.28 * static_cast<double>(i) / static_cast<double>(count);
    const auto at = [&](double centre) {
      return static_cast<std::uint16_t>(
          std::min(127.0, std::max(0.0, 64 + 40 * centre + 12 * random.normal())));
    };
    const auto x = at(std::cos(phase));
    all.push_back({static_cast<std::int64_t>(i), x, at(std::sin(phase)),
                   static_cast<std::uint8_t>(random.below(2))});
  }
  return all;
}

const std::vector<events::Event>& test_events() {
  static const auto events = make_events(4'000'000);
  return events;
}

void integrate(benchmark::State& state, events::SliceBy slice_by, events::Sensor size) {
  const auto& all = test_events();
  for (auto _ : state) {
    benchmark::DoNotOptimize(events::integrate(all, kSensor, {kSteps, slice_by, size}));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * all.size()));
}

template <typename Open>
void from_file(benchmark::State& state, const std::filesystem::path& path, Open open) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(events::integrate(*open(path), {kSteps, events::SliceBy::kCount, {}}));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * test_events().size()));
  std::filesystem::remove(path);
}

std::filesystem::path temporary(const char* name) {
  return std::filesystem::temp_directory_path() / name;
}

void by_count(benchmark::State& state) { integrate(state, events::SliceBy::kCount, {}); }
void by_time(benchmark::State& state) { integrate(state, events::SliceBy::kTime, {}); }
void by_count_to_48(benchmark::State& state) {
  integrate(state, events::SliceBy::kCount, {48, 48});
}
void aedat2_file(benchmark::State& state) {
  const auto path = temporary("staa-bench.aedat");
  events::write_aedat2(path, events::Aedat2Address::kDvs128, test_events());
  from_file(state, path,
            [](const auto& p) { return events::open_aedat2(p, events::Aedat2Address::kDvs128); });
}
void atis_file(benchmark::State& state) {
  const auto path = temporary("staa-bench.bin");
  events::write_atis(path, test_events());
  from_file(state, path, [](const auto& p) { return events::open_atis(p, kSensor); });
}

BENCHMARK(by_count)->Unit(benchmark::kMillisecond);
BENCHMARK(by_time)->Unit(benchmark::kMillisecond);
BENCHMARK(by_count_to_48)->Unit(benchmark::kMillisecond);
BENCHMARK(aedat2_file)->Unit(benchmark::kMillisecond);
BENCHMARK(atis_file)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace staa::bench

int main(int argc, char** argv) {
  // --dump FILE writes the events for bench/numpy_events.py.
  if (argc == 3 && std::string(argv[1]) == "--dump") {
    staa::events::write_aedat2(argv[2], staa::events::Aedat2Address::kDvs128,
                               staa::bench::test_events());
    return 0;
  }
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
