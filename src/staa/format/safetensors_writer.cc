#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "staa/format/safetensors.h"
#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::format {

void SafetensorsWriter::add(const std::string& name, DType dtype, std::vector<std::int64_t> shape,
                            const void* data) {
  Entry entry{{name, dtype, std::move(shape), 0, dtype_bytes(dtype)},
              static_cast<const std::uint8_t*>(data)};
  for (const auto extent : entry.info.shape) {
    if (extent < 0) fail(ErrorKind::kRuntime, "tensor '{}': negative extent {}", name, extent);
    entry.info.bytes *= static_cast<std::uint64_t>(extent);
  }
  for (const auto& other : entries_) {
    if (other.info.name == name) fail(ErrorKind::kRuntime, "tensor '{}' is added twice", name);
  }
  entries_.push_back(std::move(entry));
}

std::vector<SafetensorsWriter::Entry> SafetensorsWriter::sorted() const {
  auto entries = entries_;
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) {
    const auto a_size = dtype_bytes(a.info.dtype);
    const auto b_size = dtype_bytes(b.info.dtype);
    return a_size != b_size ? a_size > b_size : a.info.name < b.info.name;
  });
  std::uint64_t offset = 0;
  for (auto& entry : entries) {
    entry.info.offset = offset;
    offset += entry.info.bytes;
  }
  return entries;
}

std::string SafetensorsWriter::header(const std::vector<Entry>& entries) const {
  auto crc = ::crc32_z(0, nullptr, 0);
  for (const auto& entry : entries) {
    if (entry.info.bytes > 0) crc = ::crc32_z(crc, entry.data, entry.info.bytes);
  }
  auto metadata = metadata_;
  metadata[kChecksumKey] = fmt::format("{:08x}", crc);
  nlohmann::ordered_json json;
  json["__metadata__"] = metadata;
  for (const auto& entry : entries) {
    json[entry.info.name] = {
        {"dtype", dtype_name(entry.info.dtype)},
        {"shape", entry.info.shape},
        {"data_offsets", {entry.info.offset, entry.info.offset + entry.info.bytes}}};
  }
  auto text = json.dump();
  // Align the data to 8 bytes: spaces may follow the header's last brace.
  text.resize((text.size() + 7) / 8 * 8, ' ');
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i) {
    length[i] = static_cast<char>(static_cast<std::uint64_t>(text.size()) >> (8 * i) & 0xff);
  }
  return length + text;
}

void SafetensorsWriter::write(const std::filesystem::path& path) const {
  const auto entries = sorted();
  AtomicFile file(path);
  file.write(header(entries));
  for (const auto& entry : entries) file.write(entry.data, entry.info.bytes);
  file.commit();
}

std::vector<std::uint8_t> SafetensorsWriter::serialize() const {
  const auto entries = sorted();
  const auto head = header(entries);
  std::vector<std::uint8_t> out(head.begin(), head.end());
  for (const auto& entry : entries) {
    out.insert(out.end(), entry.data, entry.data + entry.info.bytes);
  }
  return out;
}

}  // namespace staa::format
