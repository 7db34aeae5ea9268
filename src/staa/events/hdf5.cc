#include "staa/events/hdf5.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include "staa/events/hdf5_handle.h"
#include "staa/util/error.h"
#include "staa/util/input_file.h"

namespace staa::events {
namespace {

constexpr std::size_t kBlockEvents = std::size_t{1} << 16;
constexpr hsize_t kMostChunkBytes = hsize_t{1} << 28;
constexpr int kMostDepth = 5;
constexpr std::size_t kMostGroups = 1000;

constexpr std::size_t kColumns = 4;
const std::array<std::vector<const char*>, kColumns> kNames{
    {{"t", "ts", "timestamps"}, {"x", "xs"}, {"y", "ys"}, {"p", "ps", "pol", "polarity"}}};

/// The name of a compression filter that is common in files of events.
std::string name_of_filter(H5Z_filter_t filter, const char* in_file) {
  constexpr std::array<std::pair<H5Z_filter_t, const char*>, 7> kFilters{
      {{32000, "LZF"},
       {32001, "Blosc"},
       {32004, "LZ4"},
       {32008, "bitshuffle"},
       {32015, "Zstandard"},
       {32026, "Blosc2"},
       {36559, "ECF, Prophesee's own"}}};
  for (const auto& [id, name] : kFilters) {
    if (id == filter) return fmt::format("{} (filter {})", name, filter);
  }
  return *in_file == '\0' ? fmt::format("filter {}", filter)
                          : fmt::format("{} (filter {})", in_file, filter);
}

/// Whether `name` is in the group itself and not in another file.
bool has(const Hdf5Handle& group, const char* name) {
  if (H5Lexists(group.get(), name, H5P_DEFAULT) <= 0) return false;
  H5L_info_t info;
  return H5Lget_info(group.get(), name, &info, H5P_DEFAULT) >= 0 && info.type == H5L_TYPE_HARD;
}

Hdf5Handle open_group(const Hdf5Handle& parent, const char* name) {
  return {H5Gopen2(parent.get(), name, H5P_DEFAULT), H5Gclose};
}

bool is_a(const Hdf5Handle& group, const char* name, H5O_type_t type) {
  H5O_info_t info;
  return has(group, name) && H5Oget_info_by_name(group.get(), name, &info, H5P_DEFAULT) >= 0 &&
         info.type == type;
}

/// The names in a group, in order; at most kMostGroups.
std::vector<std::string> names_in(const Hdf5Handle& group) {
  std::vector<std::string> names;
  hsize_t at = 0;
  H5Literate(
      group.get(), H5_INDEX_NAME, H5_ITER_INC, &at,
      [](hid_t, const char* name, const H5L_info_t*, void* out) -> herr_t {
        auto& found = *static_cast<std::vector<std::string>*>(out);
        found.emplace_back(name);
        return found.size() < kMostGroups ? 0 : 1;
      },
      &names);
  return names;
}

/// A one-dimensional dataset, opened and checked, with a cache for one of its chunks.
class Dataset {
 public:
  Dataset() = default;
  Dataset(const std::string& file, const Hdf5Handle& group, const char* name)
      : what_(file + ": dataset " + name) {
    data_ = {H5Dopen2(group.get(), name, H5P_DEFAULT), H5Dclose};
    if (!data_) refuse("cannot be opened");
    const Hdf5Handle space(H5Dget_space(data_.get()), H5Sclose);
    if (!space || H5Sget_simple_extent_ndims(space.get()) != 1) {
      refuse("expected one dimension, found another shape");
    }
    H5Sget_simple_extent_dims(space.get(), &size_, nullptr);
    const Hdf5Handle type(H5Dget_type(data_.get()), H5Tclose);
    class_ = H5Tget_class(type.get());
    item_bytes_ = H5Tget_size(type.get());
    check_storage();
    open_with_cache(group, name);
  }

  hsize_t size() const { return size_; }
  H5T_class_t type_class() const { return class_; }
  std::size_t item_bytes() const { return item_bytes_; }
  hid_t id() const { return data_.get(); }

  /// Reads items and converts them to `type`, the type in memory.
  void read(hsize_t begin, std::size_t count, hid_t type, void* out) const {
    const hsize_t length = count;
    const Hdf5Handle memory(H5Screate_simple(1, &length, nullptr), H5Sclose);
    const Hdf5Handle space(H5Dget_space(data_.get()), H5Sclose);
    const bool read =
        memory && space &&
        H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, &begin, nullptr, &length, nullptr) >= 0 &&
        H5Dread(data_.get(), type, memory.get(), space.get(), H5P_DEFAULT, out) >= 0;
    if (!read) {
      refuse(fmt::format("elements {} to {} cannot be read: damaged, or cut off", begin,
                         begin + count - 1));
    }
  }

  [[noreturn]] void refuse(const std::string& why) const {
    fail(ErrorKind::kInput, "{}: {}", what_, why);
  }

 private:
  void check_storage() {
    const Hdf5Handle list(H5Dget_create_plist(data_.get()), H5Pclose);
    const auto layout = H5Pget_layout(list.get());
    if (layout == H5D_VIRTUAL || H5Pget_external_count(list.get()) > 0) {
      refuse("its data lie in another file: not supported");
    }
    if (const auto filter = unreadable_filter(list)) {
      refuse(
          fmt::format("compressed by {}, which the HDF5 library here cannot read: install its "
                      "plug-in and name its folder in $HDF5_PLUGIN_PATH, or repack the file "
                      "with h5repack -f GZIP=4",
                      name_of_filter(filter->id, filter->name.c_str())));
    }
    if (layout == H5D_CHUNKED) H5Pget_chunk(list.get(), 1, &chunk_);
  }

  /// Opens the dataset with a cache for a whole chunk; otherwise every read would unpack it again.
  void open_with_cache(const Hdf5Handle& group, const char* name) {
    const hsize_t bytes = chunk_ * item_bytes_;
    constexpr hsize_t kUsual = hsize_t{1} << 20;
    if (bytes <= kUsual) return;
    if (bytes > kMostChunkBytes) {
      refuse(fmt::format("expected chunks of up to {} MiB, found {} MiB", kMostChunkBytes >> 20,
                         bytes >> 20));
    }
    const Hdf5Handle list(H5Pcreate(H5P_DATASET_ACCESS), H5Pclose);
    H5Pset_chunk_cache(list.get(), 521, static_cast<std::size_t>(bytes), 1.0);
    data_ = {};
    data_ = {H5Dopen2(group.get(), name, list.get()), H5Dclose};
    if (!data_) refuse("cannot be opened");
  }

  std::string what_;
  Hdf5Handle data_;
  hsize_t size_ = 0;
  hsize_t chunk_ = 0;  ///< in elements; 0: not chunked
  H5T_class_t class_ = H5T_NO_CLASS;
  std::size_t item_bytes_ = 0;
};

/// A dataset of numbers that are read as integers.
class Column {
 public:
  Column() = default;
  explicit Column(Dataset data) : data_(std::move(data)) {
    const auto kind = data_.type_class();
    // Python's Booleans are stored as an enumeration of one byte.
    const bool boolean = kind == H5T_ENUM && data_.item_bytes() == 1;
    if (kind != H5T_INTEGER && kind != H5T_FLOAT && !boolean) {
      data_.refuse("expected integers, Booleans or floats, found another type");
    }
  }

  hsize_t size() const { return data_.size(); }
  const Dataset& data() const { return data_; }

  /// Interprets floats that are not whole as seconds, which are converted to microseconds.
  void find_seconds() {
    if (data_.type_class() != H5T_FLOAT) return;
    doubles_.resize(std::min<hsize_t>(kBlockEvents, data_.size()));
    if (doubles_.empty()) return;
    data_.read(0, doubles_.size(), H5T_NATIVE_DOUBLE, doubles_.data());
    seconds_ = std::any_of(doubles_.begin(), doubles_.end(),
                           [](double value) { return value != std::floor(value); });
  }

  void read(hsize_t begin, std::size_t count, std::int64_t* out) {
    if (data_.type_class() == H5T_INTEGER) {
      data_.read(begin, count, H5T_NATIVE_INT64, out);
    } else if (data_.type_class() == H5T_ENUM) {
      bytes_.resize(count);
      const Hdf5Handle type(H5Dget_type(data_.id()), H5Tclose);
      data_.read(begin, count, type.get(), bytes_.data());
      std::copy(bytes_.begin(), bytes_.end(), out);
    } else {
      read_floats(begin, count, out);
    }
  }

 private:
  void read_floats(hsize_t begin, std::size_t count, std::int64_t* out) {
    doubles_.resize(count);
    data_.read(begin, count, H5T_NATIVE_DOUBLE, doubles_.data());
    for (std::size_t i = 0; i < count; ++i) {
      const double value = seconds_ ? std::round(doubles_[i] * 1e6) : doubles_[i];
      if (!(std::abs(value) < 0x1.0p62) || value != std::floor(value)) {
        data_.refuse(fmt::format("element {}: expected a whole number of 64 bits, found another",
                                 begin + i));
      }
      out[i] = static_cast<std::int64_t>(value);
    }
  }

  Dataset data_;
  bool seconds_ = false;
  std::vector<double> doubles_;
  std::vector<std::int8_t> bytes_;
};

/// The name of a column in the group; null if it has none.
const char* name_of_column(const Hdf5Handle& group, std::size_t column) {
  for (const char* name : kNames[column]) {
    if (is_a(group, name, H5O_TYPE_DATASET)) return name;
  }
  return nullptr;
}

bool has_columns(const Hdf5Handle& group) {
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (name_of_column(group, i) == nullptr) return false;
  }
  return true;
}

/// The field of a compound type for a column; -1 if there is none.
int field_of(hid_t type, std::size_t column) {
  for (const char* name : kNames[column]) {
    const int field = H5Tget_member_index(type, name);
    if (field >= 0) return field;
  }
  return -1;
}

/// Whether a dataset in a group has a compound type with the four fields.
bool is_compound(const Hdf5Handle& group, const char* name) {
  if (!is_a(group, name, H5O_TYPE_DATASET)) return false;
  const Hdf5Handle data(H5Dopen2(group.get(), name, H5P_DEFAULT), H5Dclose);
  const Hdf5Handle type(data ? H5Dget_type(data.get()) : -1, H5Tclose);
  if (!type || H5Tget_class(type.get()) != H5T_COMPOUND) return false;
  for (std::size_t i = 0; i < kColumns; ++i) {
    if (field_of(type.get(), i) < 0) return false;
  }
  return true;
}

/// The location of the events in a file.
struct Place {
  Hdf5Handle group;
  std::string compound;  ///< the dataset with all fields; "": one per column
};

/// Searches a group and those below it.
bool find_events(const Hdf5Handle& group, int depth, std::size_t& seen, Place& place) {
  if (!group || ++seen > kMostGroups) return false;
  if (has_columns(group)) {
    place.group = {H5Gopen2(group.get(), ".", H5P_DEFAULT), H5Gclose};
    return true;
  }
  auto names = names_in(group);
  std::stable_partition(names.begin(), names.end(),
                        [](const std::string& name) { return name == "events"; });
  for (const auto& name : names) {
    if (is_compound(group, name.c_str())) {
      place = {{H5Gopen2(group.get(), ".", H5P_DEFAULT), H5Gclose}, name};
      return true;
    }
    if (depth < kMostDepth && is_a(group, name.c_str(), H5O_TYPE_GROUP) &&
        find_events(open_group(group, name.c_str()), depth + 1, seen, place)) {
      return true;
    }
  }
  return false;
}

/// An integer attribute of `object`; 0 if there is none.
std::int64_t attribute(const Hdf5Handle& object, const char* name) {
  if (H5Aexists(object.get(), name) <= 0) return 0;
  const Hdf5Handle found(H5Aopen(object.get(), name, H5P_DEFAULT), H5Aclose);
  const Hdf5Handle space(found ? H5Aget_space(found.get()) : -1, H5Sclose);
  const Hdf5Handle type(found ? H5Aget_type(found.get()) : -1, H5Tclose);
  std::int64_t value = 0;
  const bool number = space && type && H5Tget_class(type.get()) == H5T_INTEGER &&
                      H5Sget_simple_extent_npoints(space.get()) == 1 &&
                      H5Aread(found.get(), H5T_NATIVE_INT64, &value) >= 0;
  return number ? value : 0;
}

bool is_sensor(Sensor sensor) {
  return sensor.width > 0 && sensor.height > 0 && sensor.width <= kAnySensor.width &&
         sensor.height <= kAnySensor.height;
}

class Hdf5Stream : public EventStream {
 public:
  Hdf5Stream(const std::filesystem::path& path, Sensor asked, std::int64_t begin)
      : name_(path.string()) {
    { const InputFile readable(path); }  // throws an error that says why the file cannot be read
    const std::lock_guard<std::mutex> lock(hdf5_mutex());
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    try {
      open(path, asked, begin);
    } catch (...) {
      close();  // close while the lock is held
      throw;
    }
  }

  ~Hdf5Stream() override {
    const std::lock_guard<std::mutex> lock(hdf5_mutex());
    close();
  }

  const std::string& name() const override { return name_; }
  Sensor sensor() const override { return sensor_; }
  const Skipped& skipped() const override { return skipped_; }

  void rewind() override {
    next_ = begin_;
    ready_ = used_ = 0;
    skipped_ = {};
  }

  std::size_t read(Event* out, std::size_t capacity) override {
    std::size_t done = 0;
    while (done == 0) {
      if (used_ == ready_ && !next_block()) return 0;
      const auto most = std::min(capacity, ready_ - used_);
      for (std::size_t i = 0; i < most; ++i) done += decode(used_ + i, out[done]) ? 1 : 0;
      used_ += most;
    }
    return done;
  }

 private:
  struct Fields {
    std::int64_t of[kColumns];
  };

  void open(const std::filesystem::path& path, Sensor asked, std::int64_t begin) {
    file_ = {H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose};
    if (!file_) {
      fail(ErrorKind::kInput, "{}: no HDF5 file, or one that is damaged or cut off", name_);
    }
    open_columns();
    for (auto& values : values_) values.resize(kBlockEvents);
    sensor_ = choose_sensor(stated_sensor(), asked);
    begin_ = next_ = find_begin(begin);
  }

  void close() {
    for (auto& column : columns_) column = {};
    compound_ = {};
    fields_ = {};
    group_ = {};
    file_ = {};
  }

  void open_columns() {
    const Hdf5Handle root = open_group(file_, "/");
    Place place;
    std::size_t seen = 0;
    if (!root || !find_events(root, 0, seen, place)) {
      fail(ErrorKind::kInput,
           "{}: expected a group with the datasets t, x, y and p, such as \"events\", found none",
           name_);
    }
    group_ = std::move(place.group);
    if (!place.compound.empty()) {
      open_compound(place.compound);
    } else {
      for (std::size_t i = 0; i < kColumns; ++i) {
        columns_[i] = Column(Dataset(name_, group_, name_of_column(group_, i)));
        if (columns_[i].size() != columns_[0].size()) {
          columns_[i].data().refuse(fmt::format("expected {} elements as in {}, found {}",
                                                columns_[0].size(), kNames[0][0],
                                                columns_[i].size()));
        }
      }
      count_ = columns_[0].size();
      columns_[0].find_seconds();
    }
    const auto from = has(root, "t_offset") ? &root : has(group_, "t_offset") ? &group_ : nullptr;
    if (from != nullptr) read_time_offset(*from);
  }

  void open_compound(const std::string& dataset) {
    compound_ = Dataset(name_, group_, dataset.c_str());
    count_ = compound_.size();
    const Hdf5Handle type(H5Dget_type(compound_.id()), H5Tclose);
    fields_ = {H5Tcreate(H5T_COMPOUND, sizeof(Fields)), H5Tclose};
    for (std::size_t i = 0; i < kColumns; ++i) {
      const auto member = static_cast<unsigned>(field_of(type.get(), i));
      char* name = H5Tget_member_name(type.get(), member);
      const bool whole = H5Tget_member_class(type.get(), member) == H5T_INTEGER;
      if (whole) H5Tinsert(fields_.get(), name, i * sizeof(std::int64_t), H5T_NATIVE_INT64);
      const std::string field = name == nullptr ? "" : name;
      H5free_memory(name);
      if (!whole) compound_.refuse("field " + field + ": expected integers, found another type");
    }
  }

  void read_time_offset(const Hdf5Handle& group) {
    const Hdf5Handle data(H5Dopen2(group.get(), "t_offset", H5P_DEFAULT), H5Dclose);
    const Hdf5Handle space(data ? H5Dget_space(data.get()) : -1, H5Sclose);
    const Hdf5Handle type(data ? H5Dget_type(data.get()) : -1, H5Tclose);
    const bool read =
        space && type && H5Tget_class(type.get()) == H5T_INTEGER &&
        H5Sget_simple_extent_npoints(space.get()) == 1 &&
        H5Dread(data.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &time_offset_) >= 0;
    constexpr std::int64_t kMost = std::int64_t{1} << 62;
    if (!read || time_offset_ < -kMost || time_offset_ > kMost) {
      fail(ErrorKind::kInput, "{}: dataset t_offset: expected one whole number of microseconds",
           name_);
    }
  }

  Sensor stated_sensor() const {
    for (const auto* object : {&group_, &file_}) {
      const Sensor sensor{attribute(*object, "width"), attribute(*object, "height")};
      if (is_sensor(sensor)) return sensor;
    }
    if (is_a(group_, "calib", H5O_TYPE_GROUP)) {
      const auto calib = open_group(group_, "calib");
      if (calib && is_a(calib, "resolution", H5O_TYPE_DATASET)) {
        Column resolution{Dataset(name_, calib, "resolution")};
        std::int64_t edges[2] = {};
        if (resolution.size() == 2) resolution.read(0, 2, edges);
        if (is_sensor({edges[0], edges[1]})) return {edges[0], edges[1]};
      }
    }
    return {};
  }

  /// The first event that is needed, from the file's index; 0 if there is no index or it is not
  /// valid.
  hsize_t find_begin(std::int64_t begin) {
    const Hdf5Handle root = open_group(file_, "/");
    const char* name = "ms_to_idx";
    const Hdf5Handle* group = &root;
    for (const Hdf5Handle* each : {&root, static_cast<const Hdf5Handle*>(&group_)}) {
      for (const char* choice : {"ms_to_idx", "ms_map_idx"}) {
        if (!is_a(*each, choice, H5O_TYPE_DATASET)) continue;
        name = choice;
        group = each;
      }
    }
    if (begin <= time_offset_ || !compound_is_absent() || !is_a(*group, name, H5O_TYPE_DATASET)) {
      return 0;
    }
    Column index{Dataset(name_, *group, name)};
    const auto millisecond = static_cast<hsize_t>((begin - time_offset_) / 1000);
    if (millisecond >= index.size()) return 0;
    std::int64_t event = 0;
    index.read(millisecond, 1, &event);
    if (event <= 0 || static_cast<hsize_t>(event) > count_) return 0;
    std::int64_t before = 0;
    columns_[0].read(static_cast<hsize_t>(event) - 1, 1, &before);
    return before < begin - time_offset_ ? static_cast<hsize_t>(event) : 0;
  }

  bool compound_is_absent() const { return !fields_; }

  bool next_block() {
    if (next_ == count_) return false;
    const auto count = static_cast<std::size_t>(std::min<hsize_t>(kBlockEvents, count_ - next_));
    const std::lock_guard<std::mutex> lock(hdf5_mutex());
    if (compound_is_absent()) {
      for (std::size_t i = 0; i < kColumns; ++i) {
        columns_[i].read(next_, count, values_[i].data());
      }
    } else {
      records_.resize(count);
      compound_.read(next_, count, fields_.get(), records_.data());
      for (std::size_t i = 0; i < count; ++i) {
        for (std::size_t k = 0; k < kColumns; ++k) values_[k][i] = records_[i].of[k];
      }
    }
    next_ += count;
    ready_ = count;
    used_ = 0;
    return true;
  }

  bool decode(std::size_t i, Event& event) {
    const auto x = values_[1][i];
    const auto y = values_[2][i];
    const auto p = values_[3][i];
    const bool possible = values_[0][i] > -(std::int64_t{1} << 62) &&
                          values_[0][i] < std::int64_t{1} << 62 && p >= -1 && p <= 1;
    if (!possible) {
      fail(ErrorKind::kInput,
           "{}: event {}: expected a time of 62 bits and a polarity of 0 or 1, found {} and {}",
           name_, next_ - ready_ + i, values_[0][i], p);
    }
    if (x < 0 || x >= sensor_.width || y < 0 || y >= sensor_.height) {
      ++skipped_.outside;
      return false;
    }
    event = {values_[0][i] + time_offset_, static_cast<std::uint16_t>(x),
             static_cast<std::uint16_t>(y), static_cast<std::uint8_t>(p > 0)};
    return true;
  }

  std::string name_;
  Hdf5Handle file_;
  Hdf5Handle group_;
  std::array<Column, kColumns> columns_;
  Dataset compound_;
  Hdf5Handle fields_;  ///< the compound type in memory
  Sensor sensor_;
  std::int64_t time_offset_ = 0;
  hsize_t count_ = 0;
  hsize_t begin_ = 0;
  hsize_t next_ = 0;  ///< index of the first event in the next block
  std::size_t ready_ = 0;
  std::size_t used_ = 0;
  std::array<std::vector<std::int64_t>, kColumns> values_;
  std::vector<Fields> records_;
  Skipped skipped_;
};

}  // namespace

std::mutex& hdf5_mutex() {
  static std::mutex mutex;
  return mutex;
}

std::unique_ptr<EventStream> open_hdf5(const std::filesystem::path& path, Sensor asked,
                                       std::int64_t begin) {
  return std::make_unique<Hdf5Stream>(path, asked, begin);
}

}  // namespace staa::events
