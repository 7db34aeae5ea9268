#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/data/dataset.h"

namespace staa::data {

/// The content of staa.meta.txt, for a set in the binary format of CIFAR-10, which has no header:
/// the shape of the images and the number of images in each file. It has one "key value" per line:
///
///     format 1
///     channels 3
///     height 32
///     width 32
///     data_batch_1.bin 10000
///     test_batch.bin 10000
struct CifarManifest {
  struct File {
    std::string name;
    std::int64_t records = 0;
  };
  ImageShape shape;
  std::vector<File> files;
};

constexpr const char* kCifarManifestName = "staa.meta.txt";
constexpr const char* kCifarTestName = "test_batch.bin";

/// "data_batch_N.bin".
std::string cifar_batch_name(std::int64_t number);

/// Throws Error(kInput), naming the file and line, for anything unexpected.
CifarManifest read_cifar_manifest(const std::filesystem::path& path);
void write_cifar_manifest(const std::filesystem::path& path, const CifarManifest& manifest);

}  // namespace staa::data
