#include "staa/nir/write.h"

#include <algorithm>

#include "staa/events/hdf5_handle.h"
#include "staa/util/error.h"

namespace staa::nir {
namespace {

using events::Hdf5Handle;

constexpr const char* kVersion = "1.0";           // of NIR
constexpr std::size_t kGrow = 1 << 20;            // bytes by which the file grows in memory
constexpr std::size_t kWorthPacking = 64;         // values
constexpr unsigned kEffort = 4;                   // of deflate
constexpr hsize_t kMostChunk = hsize_t{1} << 20;  // values

void check(bool done) {
  if (!done) fail(ErrorKind::kRuntime, "the HDF5 library cannot write the graph");
}

Hdf5Handle text_type() {
  Hdf5Handle type(H5Tcopy(H5T_C_S1), H5Tclose);
  check(H5Tset_size(type.get(), H5T_VARIABLE) >= 0 && H5Tset_cset(type.get(), H5T_CSET_UTF8) >= 0);
  return type;
}

Hdf5Handle space_of(const std::vector<std::int64_t>& shape) {
  if (shape.empty()) return {H5Screate(H5S_SCALAR), H5Sclose};
  const std::vector<hsize_t> extents(shape.begin(), shape.end());
  return {H5Screate_simple(static_cast<int>(extents.size()), extents.data(), nullptr), H5Sclose};
}

/// The layout of a dataset. Large arrays are deflated, in one chunk or in chunks of rows.
Hdf5Handle layout_of(const Array& array) {
  Hdf5Handle list(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
  if (array.values.size() < kWorthPacking || array.shape.empty()) return list;
  std::vector<hsize_t> chunk(array.shape.begin(), array.shape.end());
  hsize_t values = array.values.size();
  for (auto& extent : chunk) {
    if (values <= kMostChunk) break;
    values /= extent;
    extent = std::max<hsize_t>(1, kMostChunk / values);
    values *= extent;
  }
  check(H5Pset_chunk(list.get(), static_cast<int>(chunk.size()), chunk.data()) >= 0 &&
        H5Pset_shuffle(list.get()) >= 0 && H5Pset_deflate(list.get(), kEffort) >= 0);
  return list;
}

hid_t file_type(NumberType type) {
  if (type == NumberType::kFloat) return H5T_IEEE_F32LE;
  return type == NumberType::kWhole ? H5T_STD_I64LE : H5T_IEEE_F64LE;
}

void put(const Hdf5Handle& group, const std::string& key, const Array& array) {
  const auto space = space_of(array.shape);
  const Hdf5Handle data(H5Dcreate2(group.get(), key.c_str(), file_type(array.type), space.get(),
                                   H5P_DEFAULT, layout_of(array).get(), H5P_DEFAULT),
                        H5Dclose);
  check(data && H5Dwrite(data.get(), H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                         array.values.data()) >= 0);
}

void put(const Hdf5Handle& group, const std::string& key, const std::vector<const char*>& texts,
         const std::vector<std::int64_t>& shape) {
  const auto type = text_type();
  const auto space = space_of(shape);
  const Hdf5Handle data(H5Dcreate2(group.get(), key.c_str(), type.get(), space.get(), H5P_DEFAULT,
                                   H5P_DEFAULT, H5P_DEFAULT),
                        H5Dclose);
  check(data.get() >= 0);
  if (texts.empty()) return;
  check(H5Dwrite(data.get(), type.get(), H5S_ALL, H5S_ALL, H5P_DEFAULT, texts.data()) >= 0);
}

void put(const Hdf5Handle& group, const std::string& key, const std::string& text) {
  put(group, key, {text.c_str()}, {});
}

Hdf5Handle make_group(const Hdf5Handle& parent, const std::string& name) {
  Hdf5Handle group(H5Gcreate2(parent.get(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                   H5Gclose);
  check(group.get() >= 0);
  return group;
}

void put_node(const Hdf5Handle& group, const Node& node) {
  put(group, "type", node.type);
  for (const auto& [key, array] : node.arrays) put(group, key, array);
  for (const auto& [key, text] : node.texts) put(group, key, text);
  if (!node.metadata.empty() || !node.notes.empty()) {
    const auto metadata = make_group(group, "metadata");
    for (const auto& [key, array] : node.metadata) put(metadata, key, array);
    for (const auto& [key, text] : node.notes) put(metadata, key, text);
  }
  if (node.type != kGraphType) return;
  const auto nodes = make_group(group, "nodes");
  for (const auto& child : node.nodes) put_node(make_group(nodes, child.name), child);
  std::vector<const char*> ends;
  for (const auto& edge : node.edges) {
    ends.push_back(edge.from.c_str());
    ends.push_back(edge.to.c_str());
  }
  put(group, "edges", ends, {static_cast<std::int64_t>(node.edges.size()), 2});
}

}  // namespace

std::vector<std::uint8_t> to_hdf5(const Node& graph) {
  const std::lock_guard<std::mutex> lock(events::hdf5_mutex());
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Hdf5Handle memory(H5Pcreate(H5P_FILE_ACCESS), H5Pclose);
  check(H5Pset_fapl_core(memory.get(), kGrow, /*backing_store=*/0) >= 0);
  const Hdf5Handle file(H5Fcreate("nir", H5F_ACC_TRUNC, H5P_DEFAULT, memory.get()), H5Fclose);
  check(file.get() >= 0);
  put(file, "version", kVersion);
  put_node(make_group(file, "node"), graph);
  check(H5Fflush(file.get(), H5F_SCOPE_GLOBAL) >= 0);
  const auto size = H5Fget_file_image(file.get(), nullptr, 0);
  check(size > 0);
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(size));
  check(H5Fget_file_image(file.get(), bytes.data(), bytes.size()) == size);
  return bytes;
}

}  // namespace staa::nir
