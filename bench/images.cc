// Measures the photographs per second that the loader delivers. The decoder alone is measured in
// turn with it, on the parts that the loader needs and on whole images.

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <vector>

#include "staa/data/augment/crop.h"
#include "staa/data/codecs/jpeg.h"
#include "staa/data/loading/loader.h"
#include "staa/data/sets/image_folder.h"
#include "staa/data/sets/photos.h"
#include "staa/util/file.h"
#include "staa/util/memory.h"
#include "timing.h"

namespace staa::bench {
namespace {

struct Setup {
  std::string folder;
  std::int64_t size = 224;
  std::int64_t threads = 1;
  std::int64_t images = 400;
  int rounds = 7;
  bool json = false;
  bool list = false;
};

/// Calls decode(i) for all images, divided between the threads.
template <typename Decode>
void decode_all(const Setup& setup, const Decode& decode) {
  std::vector<std::thread> team;
  for (std::int64_t thread = 0; thread < setup.threads; ++thread) {
    team.emplace_back([&, thread] {
      for (std::int64_t i = thread; i < setup.images; i += setup.threads) decode(i);
    });
  }
  for (auto& member : team) member.join();
}

/// The resident memory of this process in MiB.
double resident_mib() {
  std::ifstream pages("/proc/self/statm");
  std::int64_t all = 0;
  std::int64_t resident = 0;
  pages >> all >> resident;
  return static_cast<double>(resident * ::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

/// Measures the time and memory for listing a folder, whose index the loader keeps.
int list(const Setup& setup) {
  const double before = resident_mib();
  std::optional<data::PhotoIndex> index;
  const double took = seconds([&] { index.emplace(setup.folder); });
  const auto count = static_cast<double>(index->size());
  std::cout << fmt::format(
      "{} images of {} classes listed in {:.2f} s, {:.1f} MiB, {:.1f} bytes an "
      "image\n",
      index->size(), index->classes().size(), took, resident_mib() - before,
      (resident_mib() - before) * (1 << 20) / count);
  return 0;
}

int run(const Setup& setup) {
  const data::PhotoIndex index(setup.folder);
  std::vector<std::vector<std::uint8_t>> files;
  for (std::int64_t i = 0; i < index.size(); ++i) {
    files.push_back(read_file(index.path(i), data::kMaxImageFile));
  }
  data::PhotoOptions options;
  options.size = setup.size;
  options.random_crop = true;
  data::AugmentOptions augment;
  augment.flip = true;
  const data::Transform transform({3, setup.size, setup.size},
                                  {{0.485F, 0.456F, 0.406F}, {0.229F, 0.224F, 0.225F}}, augment);
  const auto photos =
      std::make_shared<data::Photos>("photos", index, index.classes(), options, transform);
  data::LoaderOptions loading;
  loading.batch = 8;  // small, so that even few images keep every worker busy until the end
  loading.workers = setup.threads;
  loading.prefetch = setup.threads + 2;
  data::Loader loader(photos, loading);

  // The decoder processes the same parts as the loader in the same round.
  std::int64_t first_epoch = 0;
  const std::int64_t epochs = (setup.images + index.size() - 1) / index.size();
  const auto load = [&] {
    first_epoch += epochs;
    std::int64_t left = setup.images;
    for (std::int64_t epoch = first_epoch; left > 0; ++epoch) {
      loader.start(epoch);
      while (left > 0) {
        auto batch = loader.next();
        if (!batch) break;
        left -= batch->size;
        loader.recycle(std::move(*batch));
      }
    }
  };
  const auto decode = [&](bool whole) {
    decode_all(setup, [&](std::int64_t i) {
      const auto& bytes = files[static_cast<std::size_t>(i % index.size())];
      data::JpegReader reader("photo", bytes.data(), bytes.size());
      const auto shape = reader.shape();
      auto random =
          data::random_of_sample(loading.seed, first_epoch + i / index.size(), i % index.size());
      const data::Box all{0, 0, shape.width, shape.height};
      const auto box =
          whole ? all
                : data::random_resized_crop(shape.width, shape.height, options.least_area, random);
      const auto denominator = whole ? 1 : data::best_denominator(box, setup.size);
      const auto rows = reader.rows(box, denominator, 3);
      for (std::int64_t y = 0; y < rows.shape.height; ++y) rows.next();
      reader.finish();
    });
  };
  const auto seconds = medians(setup.rounds, {load, [&] { decode(false); }, [&] { decode(true); }});
  const auto images = static_cast<double>(setup.images);
  const nlohmann::ordered_json row{{"threads", setup.threads},
                                   {"size", setup.size},
                                   {"loader_images_per_s", images / seconds[0]},
                                   {"decoder_images_per_s", images / seconds[1]},
                                   {"whole_images_per_s", images / seconds[2]},
                                   {"ratio", seconds[1] / seconds[0]},
                                   {"ratio_to_whole", seconds[2] / seconds[0]}};
  if (setup.json) {
    std::cout << row.dump(2) << '\n';
  } else {
    std::cout << fmt::format(
        "loader                    {:8.0f} images/s\n"
        "decoder, the same parts   {:8.0f} images/s   loader/decoder {:.2f}\n"
        "decoder, whole images     {:8.0f} images/s   loader/decoder {:.2f}\n",
        images / seconds[0], images / seconds[1], seconds[1] / seconds[0], images / seconds[2],
        seconds[2] / seconds[0]);
  }
  return 0;
}

int main(int argc, char** argv) {
  keep_freed_memory();
  Setup setup;
  CLI::App app{
      "Photographs per second from files to network input, beside the decoder's own speed"};
  app.add_option("folder", setup.folder, "Folder of CLASS/*.jpg, JPEG alone")->required();
  app.add_option("--size", setup.size, "Height and width of the input")->capture_default_str();
  app.add_option("--threads", setup.threads, "Workers")->check(CLI::PositiveNumber);
  app.add_option("--images", setup.images, "Images a round")->check(CLI::PositiveNumber);
  app.add_option("--rounds", setup.rounds, "Timed rounds; the median counts")
      ->check(CLI::PositiveNumber);
  app.add_flag("--json", setup.json, "Print one JSON object");
  app.add_flag("--list", setup.list, "Only list the folder, and tell time and memory");
  CLI11_PARSE(app, argc, argv);
  return setup.list ? list(setup) : run(setup);
}

}  // namespace
}  // namespace staa::bench

int main(int argc, char** argv) { return staa::bench::main(argc, argv); }
