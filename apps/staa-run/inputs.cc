#include "inputs.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "series.h"
#include "staa/data/augment/fit_image.h"
#include "staa/data/codecs/byte_source.h"
#include "staa/data/codecs/jpeg.h"
#include "staa/data/codecs/png.h"
#include "staa/data/image.h"
#include "staa/events/spans.h"
#include "staa/events/usable.h"
#include "staa/util/error.h"
#include "staa/util/file.h"
#include "staa/util/input_file.h"

namespace staa::app {
namespace {

namespace fs = std::filesystem;
using Use = std::function<void(const ModelInput&)>;

std::string ending(const fs::path& path) {
  auto text = path.extension().string();
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_image(const fs::path& path) {
  const auto end = ending(path);
  return end == ".png" || end == ".jpg" || end == ".jpeg";
}

data::ImageShape shape_of(const runtime::Model& model) {
  const auto& shape = model.input();
  return {static_cast<std::int64_t>(shape.channels), static_cast<std::int64_t>(shape.height),
          static_cast<std::int64_t>(shape.width)};
}

void check_shape(const std::string& name, const data::ImageShape& found,
                 const data::ImageShape& expected, const char* hint = "") {
  if (found == expected) return;
  fail(ErrorKind::kInput, "{}: an image of {}, the model takes {}{}", name, data::describe(found),
       data::describe(expected), hint);
}

void use_image(const fs::path& path, const InputOptions& options, const runtime::Model& model,
               const Use& f) {
  const auto bytes = read_file(path);
  const auto name = path.string();
  auto image = ending(path) == ".png" ? data::decode_png(name, bytes.data(), bytes.size())
                                      : data::decode_jpeg(name, bytes.data(), bytes.size());
  const auto shape = shape_of(model);
  const bool fits = shape.channels == 1 || shape.channels == 3;
  if (options.fit && fits) image = data::fit_image(std::move(image), shape);
  check_shape(name, image.shape, shape, fits ? " (--fit scales and colours images so)" : "");
  ModelInput sample{name, image.pixels.data(), nullptr, 0, {}};
  const auto& classes = model.classes();
  const auto known =
      std::find(classes.begin(), classes.end(), path.parent_path().filename().string());
  if (known != classes.end()) sample.label = static_cast<std::size_t>(known - classes.begin());
  f(sample);
}

void use_folder(const fs::path& folder, const InputOptions& options, const runtime::Model& model,
                const Use& f) {
  std::vector<fs::path> paths;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && is_image(entry.path())) paths.push_back(entry.path());
  }
  if (paths.empty()) fail(ErrorKind::kInput, "{}: no PNG or JPEG below it", folder.string());
  std::sort(paths.begin(), paths.end());
  for (const auto& path : paths) use_image(path, options, model, f);
}

std::uint32_t word(const std::uint8_t* bytes) {
  return std::uint32_t{bytes[0]} << 24 | std::uint32_t{bytes[1]} << 16 |
         std::uint32_t{bytes[2]} << 8 | bytes[3];
}

std::size_t checked_label(const std::string& name, std::size_t index, std::size_t label,
                          const runtime::Model& model) {
  if (label < model.classes().size()) return label;
  fail(ErrorKind::kInput, "{}: the label of image {} is {}, the model has {} classes", name, index,
       label, model.classes().size());
}

/// Reads the labels of `count` images.
std::vector<std::uint8_t> read_labels(const std::string& path, std::uint32_t count) {
  constexpr std::uint32_t kMagic = 0x801;
  const auto source = data::open_bytes(path);
  std::uint8_t head[8];
  source->read(head, sizeof head, "an idx header");
  if (word(head) != kMagic || word(head + 4) != count) {
    fail(ErrorKind::kInput,
         "{}: expected {} labels in idx form, found a first word of {:#010x} and {} of them", path,
         count, word(head), word(head + 4));
  }
  if (source->most_left() < count) {
    fail(ErrorKind::kInput, "{}: expected {} labels, the file ends before", path, count);
  }
  std::vector<std::uint8_t> labels(count);
  source->read(labels.data(), labels.size(), "labels");
  return labels;
}

void use_idx(const fs::path& path, const InputOptions& options, const runtime::Model& model,
             const Use& f) {
  constexpr std::uint32_t kMagic = 0x803;
  const auto name = path.string();
  const auto source = data::open_bytes(path);
  std::uint8_t head[16];
  source->read(head, sizeof head, "an idx header");
  if (word(head) != kMagic) {
    fail(ErrorKind::kInput,
         "{}: expected a PNG, a JPEG, a folder of them, images in idx form, CIFAR records (.bin) "
         "or a recording of events; its first word is {:#010x}",
         name, word(head));
  }
  check_shape(name, {1, word(head + 8), word(head + 12)}, shape_of(model));
  const auto count = word(head + 4);
  std::vector<std::uint8_t> labels;
  if (!options.labels.empty()) labels = read_labels(options.labels, count);
  std::vector<std::uint8_t> image(model.input().values());
  for (std::uint32_t i = 0; i < count; ++i) {
    source->read(image.data(), image.size(), fmt::format("image {}", i));
    ModelInput sample{fmt::format("{}:{}", name, i), image.data(), nullptr, 0, {}};
    if (!labels.empty()) sample.label = checked_label(options.labels, i, labels[i], model);
    f(sample);
  }
}

/// Reads records of one or two label bytes, the last of which is used, and a plane per channel.
void use_cifar(const fs::path& path, const runtime::Model& model, const Use& f) {
  const InputFile file(path);
  const auto shape = model.input();
  const auto values = shape.values();
  const auto fits = [&](std::size_t labels) { return file.size() % (values + labels) == 0; };
  constexpr std::size_t kFineClasses = 100;
  const bool two = fits(2) && (!fits(1) || model.classes().size() == kFineClasses);
  if (file.size() == 0 || (!two && !fits(1))) {
    fail(
        ErrorKind::kInput,
        "{}: {} bytes are no whole number of CIFAR records of {} or {} bytes, as the model's input "
        "has them",
        path.string(), file.size(), values + 1, values + 2);
  }
  const std::size_t labels = two ? 2 : 1;
  std::vector<std::uint8_t> record(labels + values);
  std::vector<std::uint8_t> image(values);
  const auto pixels = shape.height * shape.width;
  for (std::size_t i = 0; i < file.size() / record.size(); ++i) {
    file.read_at(i * record.size(), record.data(), record.size());
    for (std::size_t p = 0; p < pixels; ++p) {
      for (std::size_t c = 0; c < shape.channels; ++c) {
        image[p * shape.channels + c] = record[labels + c * pixels + p];
      }
    }
    f({fmt::format("{}:{}", path.string(), i), image.data(), nullptr, 0,
       checked_label(path.string(), i, record[labels - 1], model)});
  }
}

void use_recording(const fs::path& path, const InputOptions& options, const runtime::Model& model,
                   const Use& f) {
  const auto shape = model.input();
  const events::Sensor size{static_cast<std::int64_t>(shape.width),
                            static_cast<std::int64_t>(shape.height)};
  events::Recording recording;
  recording.path = path;
  recording.format = events::format_of(path);
  if (options.cifar10_dvs && recording.format == events::Format::kAedat2) {
    recording.format = events::Format::kAedat2Cifar10;
  }
  recording.sensor = options.sensor;
  const auto stated = events::stated_sensor(path, recording.format);
  if (options.sensor == events::Sensor{}) {
    recording.sensor = stated == events::Sensor{} ? size : stated;
  }
  const auto stream = events::open_recording(recording);
  const events::FrameOptions frame_options{static_cast<std::int64_t>(options.steps), options.slice,
                                           size};
  const auto found = options.frame_us > 0
                         ? events::integrate_spans(*stream, options.frame_us, frame_options)
                         : events::integrate(*stream, frame_options);
  events::check_usable(recording, stream->sensor(), found.events, found.skipped);
  std::vector<float> frames(found.values.size());
  std::transform(found.values.begin(), found.values.end(), frames.begin(),
                 [&](std::uint32_t value) {
                   return static_cast<float>(value) / static_cast<float>(found.unit);
                 });
  f({path.string(), nullptr, frames.data(), options.steps, {}});
}

/// Runs one step for each entry of the array, regardless of --steps.
void use_series(const fs::path& path, const runtime::Model& model, const Use& f) {
  const auto series = read_series(path, model.input());
  f({path.string(), nullptr, series.values.data(), series.steps, {}});
}

void use_stream(const runtime::Model& model, const Use& f) {
  std::vector<std::uint8_t> image(model.input().values());
  for (std::size_t i = 0;; ++i) {
    const auto got = std::fread(image.data(), 1, image.size(), stdin);
    if (got == 0) return;
    if (got < image.size()) {
      fail(ErrorKind::kInput, "standard input: image {} ends after {} of {} bytes", i, got,
           image.size());
    }
    f({fmt::format("-:{}", i), image.data(), nullptr, 0, {}});
  }
}

}  // namespace

void for_samples(const std::string& input, const InputOptions& options, const runtime::Model& model,
                 const Use& f) {
  constexpr std::size_t kPolarities = 2;
  if (input == "-") return use_stream(model, f);
  const fs::path path = input;
  if (!fs::exists(path)) fail(ErrorKind::kIo, "{}: there is no such file or folder", input);
  if (fs::is_directory(path)) return use_folder(path, options, model, f);
  if (is_image(path)) return use_image(path, options, model, f);
  if (model.input().channels == kPolarities) return use_recording(path, options, model, f);
  if (ending(path) == ".npy") return use_series(path, model, f);
  if (ending(path) == ".bin") return use_cifar(path, model, f);
  use_idx(path, options, model, f);
}

}  // namespace staa::app
