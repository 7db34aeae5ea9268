#include "staa/nir/variable_texts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "staa/util/error.h"

namespace staa::nir {
namespace {

using events::Hdf5Handle;

constexpr char kHeapSignature[] = "GCOL\x01";  // with the version
constexpr std::size_t kSignatureBytes = sizeof kHeapSignature - 1;
constexpr std::uint64_t kHeapHeader = 8;    // and a size
constexpr std::uint64_t kObjectHeader = 8;  // and a size

std::uint64_t little_endian(const unsigned char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{bytes[i]} << (8 * i);
  return value;
}

}  // namespace

VariableTexts::VariableTexts(const std::filesystem::path& path, const Hdf5Handle& file)
    : file_(path), left_in_heaps_(file_.size()) {
  const Hdf5Handle list(H5Fget_create_plist(file.get()), H5Pclose);
  hsize_t base = 0;
  const auto is_size = [](std::size_t n) { return n == 2 || n == 4 || n == 8; };
  if (!list || H5Pget_sizes(list.get(), &address_bytes_, &size_bytes_) < 0 ||
      H5Pget_userblock(list.get(), &base) < 0 || !is_size(address_bytes_) ||
      !is_size(size_bytes_)) {
    refuse(0, "the HDF5 superblock has addresses or sizes of neither 2, 4 nor 8 bytes");
  }
  base_ = base;
}

void VariableTexts::refuse(std::uint64_t offset, const std::string& what) const {
  fail(ErrorKind::kInput, "{}: offset {}: {}: the file is damaged or cut off", file_.name(), offset,
       what);
}

std::vector<unsigned char> VariableTexts::bytes(std::uint64_t offset, std::uint64_t count,
                                                const char* what) const {
  if (offset > file_.size() || count > file_.size() - offset) {
    refuse(offset, fmt::format("{} ends past the end of the file", what));
  }
  std::vector<unsigned char> found(count);
  if (count > 0) file_.read_at(offset, found.data(), found.size());
  return found;
}

VariableTexts::Heap VariableTexts::read_heap(std::uint64_t start) {
  const auto header_bytes = kHeapHeader + size_bytes_;
  const auto header = bytes(start, header_bytes, "a heap of texts");
  if (std::memcmp(header.data(), kHeapSignature, kSignatureBytes) != 0) {
    refuse(start, "expected a heap of texts");
  }
  const auto size = little_endian(header.data() + kHeapHeader, size_bytes_);
  if (size < header_bytes) refuse(start, "a heap of texts is smaller than its own header");
  if (size <= file_.size() && size > left_in_heaps_) refuse(start, "heaps of texts overlap");
  const auto heap = bytes(start, size, "a heap of texts");
  left_in_heaps_ -= size;
  Heap objects;
  const auto object_header = kObjectHeader + size_bytes_;
  // Objects begin at multiples of 8 bytes.
  auto at = (header_bytes + 7) / 8 * 8;
  while (at < size && size - at >= object_header) {
    const auto index = little_endian(heap.data() + at, 2);
    if (index == 0) break;  // what remains is free
    const auto claimed = little_endian(heap.data() + at + kObjectHeader, size_bytes_);
    const auto begin = at + (object_header + 7) / 8 * 8;
    if (begin > size || claimed > size - begin) {
      refuse(start + at, "a text is longer than the heap that holds it");
    }
    objects[index] = {start + begin, claimed};
    at = begin + (claimed + 7) / 8 * 8;
  }
  return objects;
}

const VariableTexts::Heap& VariableTexts::heap(std::uint64_t offset) {
  const auto found = heaps_.find(offset);
  if (found != heaps_.end()) return found->second;
  return heaps_.emplace(offset, read_heap(offset)).first->second;
}

std::vector<std::string> VariableTexts::read(std::uint64_t offset, std::size_t count,
                                             std::size_t most) {
  const auto reference = 4 + address_bytes_ + 4;  // length, address of the heap, index
  const auto references = bytes(offset, count * reference, "a list of texts");
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < count; ++i) {
    const auto* at = references.data() + i * reference;
    const auto place = offset + i * reference;
    const auto length = little_endian(at, 4);
    const auto address = little_endian(at + 4, address_bytes_);
    const auto index = little_endian(at + 4 + address_bytes_, 4);
    if (length == 0) {
      texts.emplace_back();
      continue;
    }
    if (address > file_.size() - std::min(file_.size(), base_)) {
      refuse(place, "the heap of a text lies past the end of the file");
    }
    const auto& objects = heap(base_ + address);
    const auto object = objects.find(index);
    if (object == objects.end()) refuse(place, "a text is not in its heap");
    if (length > object->second.size) refuse(place, "a text is longer than its place in the heap");
    if (length > left_in_texts_) refuse(place, "the file holds more text than it has room for");
    left_in_texts_ -= length;
    if (length > most) refuse(place, fmt::format("expected texts of up to {} bytes", most));
    const auto text = bytes(object->second.offset, length, "a text");
    texts.emplace_back(text.begin(), std::find(text.begin(), text.end(), '\0'));
  }
  return texts;
}

}  // namespace staa::nir
