#include "staa/nir/hdf5_reader.h"

#include <algorithm>
#include <cmath>
#include <memory>

#include "staa/events/hdf5_handle.h"
#include "staa/nir/variable_texts.h"
#include "staa/util/error.h"
#include "staa/util/input_file.h"

namespace staa::nir {
namespace {

using events::Hdf5Handle;

constexpr int kMostDepth = 16;             // of nested subgraphs
constexpr std::size_t kMostNodes = 65536;  // in a file, and entries in a group
constexpr hsize_t kMostEdges = hsize_t{1} << 20;
constexpr std::size_t kMostText = 65536;  // bytes
constexpr std::size_t kMostTexts = std::size_t{1} << 28;
constexpr int kMostDimensions = 8;
constexpr hsize_t kMostValues = hsize_t{1} << 29;
// Deflate expands one byte to at most 1032. A dataset with a higher ratio is not all in the file.
constexpr hsize_t kMostCompressed = 1100;

/// Returns the position after the UTF-8 character at `at`, or 0 if it is invalid.
std::size_t behind_character(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const auto first = byte(at);
  std::size_t length = 0;
  if (first < 0x80) length = 1;
  if (first >= 0xC2 && first < 0xE0) length = 2;
  if (first >= 0xE0 && first < 0xF0) length = 3;
  if (first >= 0xF0 && first < 0xF5) length = 4;
  if (length == 0 || at + length > text.size()) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
  }
  const auto second = length > 1 ? byte(at + 1) : 0;
  const bool overlong = (first == 0xE0 && second < 0xA0) || (first == 0xF0 && second < 0x90);
  const bool outside = (first == 0xED && second >= 0xA0) || (first == 0xF4 && second >= 0x90);
  return overlong || outside ? 0 : at + length;
}

bool is_utf8(const std::string& text) {
  std::size_t at = 0;
  while (at < text.size()) {
    at = behind_character(text, at);
    if (at == 0) return false;
  }
  return true;
}

Hdf5Handle open_file(const std::filesystem::path& path) {
  Hdf5Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!file) {
    fail(ErrorKind::kInput, "{}: no HDF5 file, or one that is damaged or cut off", path.string());
  }
  return file;
}

class Reader {
 public:
  /// `bytes` is the size of the file. It limits how many values are read in total, even if the file
  /// lists the same data in many places.
  Reader(const std::filesystem::path& path, std::uint64_t bytes)
      : source_(path.string()),
        file_(open_file(path)),
        variable_texts_(path, file_),
        left_(std::min<hsize_t>(kMostValues, bytes * kMostCompressed)) {}

  Node graph() {
    if (!is_a(file_, "node", H5O_TYPE_GROUP)) {
      fail(ErrorKind::kInput, "{}: expected the group 'node' of a NIR file, found none", source_);
    }
    auto graph = node(file_, "node", "", 0);
    if (graph.type != nir::kGraphType) {
      fail(ErrorKind::kInput, "{}: expected a node of type {} at the top, found '{}'", source_,
           nir::kGraphType, graph.type);
    }
    return graph;
  }

 private:
  [[noreturn]] void refuse(const std::string& where, const std::string& why) const {
    fail(ErrorKind::kInput, "{}: {}: {}", source_, where, why);
  }

  /// Whether the group itself, not another file, contains `name` with that type.
  static bool is_a(const Hdf5Handle& group, const char* name, H5O_type_t type) {
    H5L_info_t link;
    H5O_info_t info;
    return H5Lexists(group.get(), name, H5P_DEFAULT) > 0 &&
           H5Lget_info(group.get(), name, &link, H5P_DEFAULT) >= 0 && link.type == H5L_TYPE_HARD &&
           H5Oget_info_by_name(group.get(), name, &info, H5P_DEFAULT) >= 0 && info.type == type;
  }

  std::vector<std::string> names_in(const Hdf5Handle& group, const std::string& where) const {
    std::vector<std::string> names;
    hsize_t at = 0;
    const auto done = H5Literate(
        group.get(), H5_INDEX_NAME, H5_ITER_INC, &at,
        [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
          auto& found = *static_cast<std::vector<std::string>*>(out);
          if (found.size() >= kMostNodes) return 1;
          found.emplace_back(name);
          return 0;
        },
        &names);
    if (done < 0) refuse(where, "its contents cannot be read: damaged, or cut off");
    if (done > 0) refuse(where, fmt::format("expected up to {} entries", kMostNodes));
    for (const auto& name : names) {
      if (!is_utf8(name) || name.size() > kMostText) {
        refuse(where, "an entry's name is no text in UTF-8");
      }
    }
    return names;
  }

  Hdf5Handle open_group(const Hdf5Handle& parent, const std::string& name,
                        const std::string& where) const {
    Hdf5Handle group(H5Gopen2(parent.get(), name.c_str(), H5P_DEFAULT), H5Gclose);
    if (!group) refuse(where, "its group cannot be opened: damaged, or cut off");
    return group;
  }

  /// Reads a node. `path` is its name, prefixed with the names of the enclosing graphs.
  Node node(const Hdf5Handle& parent, const std::string& name, const std::string& path, int depth) {
    const auto where = path.empty() ? std::string("the graph") : "node '" + path + "'";
    if (depth > kMostDepth) refuse(where, fmt::format("lies in more than {} graphs", kMostDepth));
    if (++nodes_ > kMostNodes) refuse(where, fmt::format("expected up to {} nodes", kMostNodes));
    const auto group = open_group(parent, name, where);
    Node node;
    node.name = path.empty() ? "" : name;
    for (const auto& key : names_in(group, where)) {
      if (key == "nodes" && is_a(group, "nodes", H5O_TYPE_GROUP)) {
        const auto children = open_group(group, key, where);
        for (const auto& child : names_in(children, where)) {
          if (!is_a(children, child.c_str(), H5O_TYPE_GROUP)) {
            refuse(where, fmt::format("its node '{}' is no group", child));
          }
          const auto below = path.empty() ? child : fmt::format("{}.{}", path, child);
          node.nodes.push_back(this->node(children, child, below, depth + 1));
        }
      } else if (key == "edges" && is_a(group, "edges", H5O_TYPE_DATASET)) {
        node.edges = edges(group, where);
      } else if (key == "metadata" && is_a(group, "metadata", H5O_TYPE_GROUP)) {
        const auto metadata = open_group(group, key, where);
        for (const auto& item : names_in(metadata, where)) {
          if (is_a(metadata, item.c_str(), H5O_TYPE_DATASET)) {
            value(metadata, item, where + ", metadata", node.metadata, node.notes);
          }
        }
      } else if (is_a(group, key.c_str(), H5O_TYPE_DATASET)) {
        value(group, key, where, node.arrays, node.texts);
      }
    }
    const auto type = node.texts.find("type");
    if (type == node.texts.end()) refuse(where, "dataset 'type': expected a text, found none");
    node.type = type->second;
    node.texts.erase(type);
    return node;
  }

  /// An open dataset with its type and extents.
  struct Open {
    Hdf5Handle data;
    Hdf5Handle type;
    std::string where;
    std::vector<std::int64_t> shape;
    hsize_t values = 1;
    bool empty = false;  // has no extents at all; h5py writes None like this
  };

  Open open(const Hdf5Handle& group, const std::string& key, const std::string& where) {
    Open open;
    open.where = where + ", dataset '" + key + "'";
    open.data = {H5Dopen2(group.get(), key.c_str(), H5P_DEFAULT), H5Dclose};
    if (!open.data) refuse(open.where, "cannot be opened: damaged, or cut off");
    open.type = {H5Dget_type(open.data.get()), H5Tclose};
    const Hdf5Handle space(H5Dget_space(open.data.get()), H5Sclose);
    if (!open.type || !space) refuse(open.where, "cannot be opened: damaged, or cut off");
    open.empty = H5Sget_simple_extent_type(space.get()) == H5S_NULL;
    const int rank = H5Sget_simple_extent_ndims(space.get());
    if (rank < 0 || rank > kMostDimensions) {
      refuse(open.where, fmt::format("expected up to {} dimensions", kMostDimensions));
    }
    hsize_t extents[kMostDimensions] = {};
    H5Sget_simple_extent_dims(space.get(), extents, nullptr);
    for (int i = 0; i < rank; ++i) {
      if (extents[i] > kMostValues || open.values * extents[i] > kMostValues) {
        refuse(open.where, fmt::format("expected up to {} values", kMostValues));
      }
      open.values *= extents[i];
      open.shape.push_back(static_cast<std::int64_t>(extents[i]));
    }
    if (open.empty) open.values = 0;
    check_storage(open);
    return open;
  }

  void check_storage(const Open& open) {
    const Hdf5Handle list(H5Dget_create_plist(open.data.get()), H5Pclose);
    const auto layout = list ? H5Pget_layout(list.get()) : H5D_LAYOUT_ERROR;
    if (layout == H5D_LAYOUT_ERROR) refuse(open.where, "cannot be read: damaged, or cut off");
    if (layout == H5D_VIRTUAL || H5Pget_external_count(list.get()) > 0) {
      refuse(open.where, "its data lie in another file: not supported");
    }
    if (const auto filter = events::unreadable_filter(list)) {
      refuse(open.where, fmt::format("compressed by filter {}, which the HDF5 library here cannot "
                                     "read: repack the file with h5repack -f GZIP=4",
                                     filter->id));
    }
    if (layout == H5D_CHUNKED) {
      hsize_t chunk[kMostDimensions] = {};
      hsize_t values = 1;
      const int rank = H5Pget_chunk(list.get(), kMostDimensions, chunk);
      for (int i = 0; i < std::min(rank, kMostDimensions); ++i) {
        values = chunk[i] > kMostValues ? kMostValues + 1 : values * chunk[i];
        if (values > 2 * open.values + kMostCompressed) {
          refuse(open.where, "its chunks are larger than its data");
        }
      }
    }
    const auto stored = H5Dget_storage_size(open.data.get());
    const auto bytes = open.values * H5Tget_size(open.type.get());
    if (bytes > stored * kMostCompressed) {
      refuse(open.where, fmt::format("expected {} bytes, the file holds {}", bytes, stored));
    }
    if (open.values > left_) refuse(open.where, "the file holds more values than it has room for");
    left_ -= open.values;
  }

  void value(const Hdf5Handle& group, const std::string& key, const std::string& where,
             std::map<std::string, Array>& arrays, std::map<std::string, std::string>& texts) {
    const auto data = open(group, key, where);
    if (data.empty) return;
    switch (H5Tget_class(data.type.get())) {
      case H5T_STRING:
        if (data.values != 1) refuse(data.where, "expected one text");
        texts[key] = strings(data)[0];
        break;
      case H5T_INTEGER:
      case H5T_FLOAT:
        arrays[key] = numbers(data);
        break;
      case H5T_ENUM:  // a Boolean of Python
        arrays[key] = booleans(data);
        break;
      default:
        refuse(data.where, "expected numbers or a text, found another type");
    }
  }

  Array numbers(const Open& data) const {
    Array array{data.shape, std::vector<double>(data.values), NumberType::kDouble};
    read_into(data, H5T_NATIVE_DOUBLE, array.values.data());
    for (std::size_t i = 0; i < array.values.size(); ++i) {
      if (std::isfinite(array.values[i])) continue;
      refuse(data.where,
             fmt::format("value {} is {}, expected finite numbers", i, array.values[i]));
    }
    return array;
  }

  Array booleans(const Open& data) const {
    if (H5Tget_size(data.type.get()) != 1) refuse(data.where, "expected numbers or a text");
    std::vector<std::int8_t> bytes(data.values);
    read_into(data, data.type.get(), bytes.data());
    return {data.shape, {bytes.begin(), bytes.end()}, NumberType::kDouble};
  }

  void read_into(const Open& data, hid_t type, void* out) const {
    if (data.values == 0) return;
    if (H5Dread(data.data.get(), type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0) {
      refuse(data.where, "cannot be read: damaged, or cut off");
    }
  }

  std::vector<std::string> strings(const Open& data) {
    std::vector<std::string> texts;
    const auto add = [&](std::string text) {
      if (text.size() > kMostText || !is_utf8(text)) {
        refuse(data.where, fmt::format("expected texts in UTF-8 of up to {} bytes", kMostText));
      }
      texts.push_back(std::move(text));
    };
    if (H5Tis_variable_str(data.type.get()) > 0) {
      if (data.values == 0) return texts;
      const auto offset = H5Dget_offset(data.data.get());
      if (offset == HADDR_UNDEF) {
        refuse(data.where,
               "its texts are stored in chunks or in the header of the dataset: not supported; "
               "repack the file with h5repack -l CONTI");
      }
      for (auto& text : variable_texts_.read(offset, data.values, kMostText)) add(std::move(text));
      return texts;
    }
    const auto size = H5Tget_size(data.type.get());
    if (size == 0 || size > kMostText) {
      refuse(data.where, fmt::format("expected texts of 1 to {} bytes", kMostText));
    }
    if (data.values * size > kMostTexts) {
      refuse(data.where, fmt::format("expected texts of {} bytes together at most", kMostTexts));
    }
    std::vector<char> bytes(data.values * size);
    read_into(data, data.type.get(), bytes.data());
    for (std::size_t i = 0; i < data.values; ++i) {
      const char* text = bytes.data() + i * size;
      add({text, std::find(text, text + size, '\0')});
    }
    return texts;
  }

  std::vector<Edge> edges(const Hdf5Handle& group, const std::string& where) {
    const auto data = open(group, "edges", where);
    if (data.values == 0) return {};
    const bool pairs =
        data.shape.size() == 2 && data.shape[1] == 2 && data.values <= 2 * kMostEdges;
    if (!pairs || H5Tget_class(data.type.get()) != H5T_STRING) {
      refuse(data.where, "expected pairs of names of nodes");
    }
    const auto names = strings(data);
    std::vector<Edge> edges;
    for (std::size_t i = 0; i < names.size(); i += 2) edges.push_back({names[i], names[i + 1]});
    return edges;
  }

  std::string source_;
  Hdf5Handle file_;
  VariableTexts variable_texts_;
  std::size_t nodes_ = 0;
  hsize_t left_;  // the number of values that may still be read
};

}  // namespace

Node read_hdf5(const std::filesystem::path& path) {
  const auto bytes = InputFile(path).size();  // throws if the file cannot be read
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  return Reader(path, bytes).graph();
}

}  // namespace staa::nir
