#include "staa/data/sets/cifar.h"

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "staa/data/sets/cifar_manifest.h"
#include "staa/data/sets/image_set.h"
#include "staa/data/sets/listing.h"
#include "staa/data/sets/missing.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::data {
namespace {

namespace fs = std::filesystem;

constexpr ImageShape kPublishedShape{3, 32, 32};
constexpr std::int64_t kPublishedBatch = 10'000;
constexpr std::int64_t kPublishedBatches = 5;

/// The layout of a record: label bytes first, then one plane per channel.
struct RecordLayout {
  ImageShape shape;
  std::int64_t label_bytes = 1;
  std::int64_t label_at = 0;

  std::int64_t bytes() const { return label_bytes + shape.bytes(); }
};

/// A file of records and their expected number; with nullopt any number is accepted.
struct RecordFile {
  fs::path path;
  std::optional<std::int64_t> expected;
};

/// Everything that must be known before the first record is read.
struct CifarFiles {
  std::string name;
  RecordLayout layout;
  std::vector<std::string> classes;
  std::vector<RecordFile> train;
  std::vector<RecordFile> test;
};

/// The first of FOLDER and FOLDER/`published` that holds one of `files`.
fs::path locate(const fs::path& folder, const std::string& published,
                const std::vector<std::string>& files) {
  for (const auto& candidate : {folder, folder / published}) {
    for (const auto& file : files) {
      if (is_there(candidate / file)) return candidate;
    }
  }
  fail_missing(folder,
               fmt::format("{} in it or in its sub-folder {}", fmt::join(files, ", "), published),
               kHowToGetCifar);
}

std::vector<std::string> read_names(const fs::path& path) {
  std::istringstream lines(read_text_file(path, std::uint64_t{1} << 20));
  std::vector<std::string> names;
  std::string line;
  while (std::getline(lines, line)) {
    const auto end = line.find_last_not_of(" \r\t");
    if (end != std::string::npos) names.push_back(line.substr(0, end + 1));
  }
  return names;
}

/// The names in `path`, of which there must be as many as in `known`; `known` if there is no such
/// file.
std::vector<std::string> names_or(const fs::path& path, std::vector<std::string> known) {
  if (!is_there(path)) return known;
  auto names = read_names(path);
  if (names.size() != known.size()) {
    fail(ErrorKind::kInput, "{}: expected {} class names, found {}", path.string(), known.size(),
         names.size());
  }
  return names;
}

/// Counts the records of a file from its size.
std::int64_t count_records(const RecordFile& file, const RecordLayout& layout) {
  std::error_code code;
  const auto size = static_cast<std::int64_t>(fs::file_size(file.path, code));
  if (code) fail(ErrorKind::kIo, "{}: cannot read: {}", file.path.string(), code.message());
  const std::int64_t records = size / layout.bytes();
  const std::int64_t rest = size % layout.bytes();
  if (rest != 0) {
    fail(ErrorKind::kInput, "{}: offset {}: record {} is cut off: expected {} bytes, found {}",
         file.path.string(), records * layout.bytes(), records, layout.bytes(), rest);
  }
  if (file.expected && records != *file.expected) {
    fail(ErrorKind::kInput,
         "{}: expected {} records of {} bytes, found {} (other counts are accepted with "
         "data.allow_partial or --partial)",
         file.path.string(), *file.expected, layout.bytes(), records);
  }
  return records;
}

/// Converts planes [channels, height, width] to pixels [height, width, channels].
void interleave(const std::uint8_t* planes, const ImageShape& shape, std::uint8_t* pixels) {
  const std::int64_t area = shape.height * shape.width;
  for (std::int64_t c = 0; c < shape.channels; ++c) {
    for (std::int64_t p = 0; p < area; ++p) pixels[p * shape.channels + c] = planes[c * area + p];
  }
}

/// Appends every record of `file` to `pixels` and `labels`.
void append_records(const RecordFile& file, const CifarFiles& set,
                    std::vector<std::uint8_t>& pixels, std::vector<std::int64_t>& labels) {
  const auto& layout = set.layout;
  const auto bytes = read_file(file.path);
  const auto records = static_cast<std::int64_t>(bytes.size()) / layout.bytes();
  auto next = pixels.size();
  pixels.resize(next + static_cast<std::size_t>(records * layout.shape.bytes()));
  for (std::int64_t record = 0; record < records; ++record) {
    const std::int64_t offset = record * layout.bytes();
    const auto label = bytes[static_cast<std::size_t>(offset + layout.label_at)];
    if (label >= set.classes.size()) {
      fail(ErrorKind::kInput,
           "{}: offset {}: record {}: label {} is out of range: expected 0 to {}",
           file.path.string(), offset + layout.label_at, record, label, set.classes.size() - 1);
    }
    labels.push_back(label);
    interleave(bytes.data() + offset + layout.label_bytes, layout.shape, pixels.data() + next);
    next += static_cast<std::size_t>(layout.shape.bytes());
  }
}

std::shared_ptr<const Dataset> read_split(const CifarFiles& set,
                                          const std::vector<RecordFile>& files) {
  std::int64_t total = 0;
  for (const auto& file : files) total += count_records(file, set.layout);
  std::vector<std::uint8_t> pixels;
  std::vector<std::int64_t> labels;
  pixels.reserve(static_cast<std::size_t>(total * set.layout.shape.bytes()));
  labels.reserve(static_cast<std::size_t>(total));
  for (const auto& file : files) append_records(file, set, pixels, labels);
  return std::make_shared<ImageSet>(set.name, set.layout.shape, set.classes, std::move(pixels),
                                    std::move(labels));
}

Splits read_splits(const CifarFiles& set) {
  // Check the sizes first, so that a broken set is refused before anything large is read.
  for (const auto* files : {&set.train, &set.test}) {
    for (const auto& file : *files) count_records(file, set.layout);
  }
  return {read_split(set, set.train), read_split(set, set.test)};
}

/// Removes absent files and the expected counts.
void accept_partial(std::vector<RecordFile>& files) {
  const auto absent = [](const RecordFile& file) { return !is_there(file.path); };
  files.erase(std::remove_if(files.begin(), files.end(), absent), files.end());
  for (auto& file : files) file.expected.reset();
}

/// The largest N of a data_batch_N.bin in the folder, or 0 if there is none. Every smaller one must
/// exist too; otherwise the loss of a batch from the middle would go unnoticed.
std::int64_t count_batches(const fs::path& folder) {
  std::int64_t present = 0;
  for (const auto& entry : list_folder(folder)) {
    const auto name = entry.filename().string();
    if (name.rfind("data_batch_", 0) == 0 && entry.extension() == ".bin") ++present;
  }
  for (std::int64_t number = 1; number <= present; ++number) {
    if (!is_there(folder / cifar_batch_name(number))) {
      fail(ErrorKind::kInput,
           "{}: holds {} files data_batch_N.bin, but not {}: expected numbers from 1 without a gap",
           folder.string(), present, cifar_batch_name(number));
    }
  }
  return present;
}

void check_batch_count(const fs::path& folder, std::int64_t expected, bool allow_partial) {
  const std::int64_t present = count_batches(folder);
  if (present != expected && !allow_partial) {
    fail(ErrorKind::kInput,
         "{}: expected {} files data_batch_N.bin, found {} (accepted with data.allow_partial or "
         "--partial)",
         folder.string(), expected, present);
  }
}

CifarFiles published_cifar10(const fs::path& root, bool allow_partial) {
  CifarFiles set;
  set.layout.shape = kPublishedShape;
  set.classes = names_or(
      root / "batches.meta.txt",
      {"airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"});
  check_batch_count(root, kPublishedBatches, allow_partial);
  for (std::int64_t number = 1; number <= kPublishedBatches; ++number) {
    set.train.push_back({root / cifar_batch_name(number), kPublishedBatch});
  }
  set.test.push_back({root / kCifarTestName, kPublishedBatch});
  return set;
}

CifarFiles converted_cifar10(const fs::path& root, bool allow_partial) {
  const auto manifest = read_cifar_manifest(root / kCifarManifestName);
  CifarFiles set;
  set.layout.shape = manifest.shape;
  set.classes = read_names(root / "batches.meta.txt");
  for (const auto& file : manifest.files) {
    auto& split = file.name == kCifarTestName ? set.test : set.train;
    split.push_back({root / file.name, file.records});
  }
  check_batch_count(root, static_cast<std::int64_t>(set.train.size()), allow_partial);
  return set;
}

}  // namespace

Splits read_cifar10(const fs::path& folder, bool allow_partial) {
  const auto root = locate(folder, "cifar-10-batches-bin",
                           {kCifarManifestName, cifar_batch_name(1), kCifarTestName});
  auto set = is_there(root / kCifarManifestName) ? converted_cifar10(root, allow_partial)
                                                 : published_cifar10(root, allow_partial);
  set.name = fmt::format("cifar10 ({})", root.string());
  if (allow_partial) {
    accept_partial(set.train);
    accept_partial(set.test);
  }
  return read_splits(set);
}

Splits read_cifar100(const fs::path& folder, bool allow_partial) {
  const auto root = locate(folder, "cifar-100-binary", {"train.bin", "test.bin"});
  std::vector<std::string> numbers(100);
  for (std::size_t i = 0; i < numbers.size(); ++i) numbers[i] = std::to_string(i);
  CifarFiles set;
  set.name = fmt::format("cifar100 ({})", root.string());
  set.layout = {kPublishedShape, 2, 1};
  set.classes = names_or(root / "fine_label_names.txt", std::move(numbers));
  set.train.push_back({root / "train.bin", kPublishedBatches * kPublishedBatch});
  set.test.push_back({root / "test.bin", kPublishedBatch});
  if (allow_partial) {
    accept_partial(set.train);
    accept_partial(set.test);
  }
  return read_splits(set);
}

}  // namespace staa::data
