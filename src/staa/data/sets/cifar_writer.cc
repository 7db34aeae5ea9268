#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/data/image.h"
#include "staa/data/sets/cifar.h"
#include "staa/data/sets/cifar_manifest.h"
#include "staa/data/sets/listing.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::data {
namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kBatch = 10'000;
constexpr std::size_t kMaxClasses = 256;  // the label is one byte

void check_writable(const Dataset& train, const Dataset& test) {
  const auto& classes = train.classes();
  if (classes != test.classes() || !(train.shape() == test.shape())) {
    fail(ErrorKind::kInput,
         "{}: expected a test set like the training set ({} classes, images of {}), found {} "
         "classes, images of {}",
         test.name(), classes.size(), describe(train.shape()), test.classes().size(),
         describe(test.shape()));
  }
  if (classes.size() > kMaxClasses) {
    fail(ErrorKind::kInput, "{}: the CIFAR format holds at most {} classes, found {}", train.name(),
         kMaxClasses, classes.size());
  }
  for (const auto& name : classes) {
    const bool blank = name.find_first_not_of(" \t") == std::string::npos;
    if (blank || name.find_first_of("\r\n") != std::string::npos) {
      fail(ErrorKind::kInput, "{}: class name \"{}\" cannot stand on a line of its own",
           train.name(), name);
    }
  }
}

void check_free(const fs::path& folder) {
  for (const auto& name : {std::string(kCifarManifestName), std::string(kCifarTestName),
                           std::string("batches.meta.txt"), cifar_batch_name(1)}) {
    if (is_there(folder / name)) {
      fail(ErrorKind::kUsage,
           "{}: already holds a data set ({}): choose another folder or remove it first",
           folder.string(), name);
    }
  }
}

/// Writes samples [begin, end) as records: a label byte, then one plane per channel.
void write_records(const fs::path& path, const Dataset& set, std::int64_t begin, std::int64_t end) {
  const auto shape = set.shape();
  const std::int64_t area = shape.height * shape.width;
  std::vector<std::uint8_t> pixels(static_cast<std::size_t>(shape.bytes()));
  std::vector<std::uint8_t> record(pixels.size() + 1);
  AtomicFile file(path);
  for (std::int64_t i = begin; i < end; ++i) {
    set.read(i, pixels.data());
    record[0] = static_cast<std::uint8_t>(set.label(i));
    std::uint8_t* planes = record.data() + 1;
    for (std::int64_t c = 0; c < shape.channels; ++c) {
      for (std::int64_t p = 0; p < area; ++p) {
        planes[c * area + p] = pixels[static_cast<std::size_t>(p * shape.channels + c)];
      }
    }
    file.write(record.data(), record.size());
  }
  file.commit();
}

}  // namespace

void write_cifar10(const fs::path& folder, const Dataset& train, const Dataset& test) {
  check_writable(train, test);
  make_folder(folder);
  check_free(folder);

  CifarManifest manifest{train.shape(), {}};
  for (std::int64_t begin = 0; begin < train.size(); begin += kBatch) {
    manifest.files.push_back(
        {cifar_batch_name(begin / kBatch + 1), std::min(kBatch, train.size() - begin)});
  }
  manifest.files.push_back({kCifarTestName, test.size()});

  // Write the counts before the data, so that the reader detects an interrupted writing.
  write_cifar_manifest(folder / kCifarManifestName, manifest);
  write_file_atomically(folder / "batches.meta.txt",
                        fmt::format("{}\n", fmt::join(train.classes(), "\n")));
  std::int64_t begin = 0;
  for (const auto& file : manifest.files) {
    if (file.name == kCifarTestName) continue;
    write_records(folder / file.name, train, begin, begin + file.records);
    begin += file.records;
  }
  write_records(folder / kCifarTestName, test, 0, test.size());
}

}  // namespace staa::data
