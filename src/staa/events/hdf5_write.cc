#include <unistd.h>

#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "staa/events/hdf5_handle.h"
#include "staa/events/writer.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

namespace fs = std::filesystem;

constexpr hsize_t kChunk = hsize_t{1} << 16;
constexpr std::int64_t kLatestFirst = std::int64_t{1} << 31;
constexpr std::size_t kMostMilliseconds = std::size_t{24} * 3600 * 1000;

/// A temporary file that is deleted unless it is kept.
class Temporary {
 public:
  explicit Temporary(const fs::path& path)
      : target_(path), path_(path.string() + fmt::format(".part{}", ::getpid())) {}
  ~Temporary() {
    std::error_code ignored;
    if (!kept_) fs::remove(path_, ignored);
  }
  Temporary(const Temporary&) = delete;
  Temporary& operator=(const Temporary&) = delete;

  const fs::path& path() const { return path_; }

  void keep() {
    std::error_code code;
    fs::rename(path_, target_, code);
    if (code) fail(ErrorKind::kIo, "{}: cannot rename: {}", path_.string(), code.message());
    kept_ = true;
  }

 private:
  fs::path target_;
  fs::path path_;
  bool kept_ = false;
};

class Hdf5Writer {
 public:
  Hdf5Writer(const fs::path& path, Sensor sensor) : temporary_(path), name_(path.string()) {
    H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
    file_ = {H5Fcreate(temporary_.path().c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT),
             H5Fclose};
    if (!file_) fail_errno(name_, "cannot create");
    group_ = {H5Gcreate2(file_.get(), "events", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT), H5Gclose};
    attribute("width", sensor.width);
    attribute("height", sensor.height);
    t_ = column("t", H5T_STD_I64LE);
    x_ = column("x", H5T_STD_U16LE);
    y_ = column("y", H5T_STD_U16LE);
    p_ = column("p", H5T_STD_U8LE);
  }

  void add(const std::vector<Event>& events, std::size_t count) {
    if (done_ == 0 && (events[0].t < 0 || events[0].t >= kLatestFirst)) offset_ = events[0].t;
    t_values_.resize(count);
    x_values_.resize(count);
    y_values_.resize(count);
    p_values_.resize(count);
    for (std::size_t i = 0; i < count; ++i) {
      const auto& event = events[i];
      const auto t = static_cast<std::int64_t>(static_cast<std::uint64_t>(event.t) -
                                               static_cast<std::uint64_t>(offset_));
      index(t, done_ + i);
      t_values_[i] = t;
      x_values_[i] = event.x;
      y_values_[i] = event.y;
      p_values_[i] = event.polarity;
    }
    append(t_, H5T_NATIVE_INT64, t_values_.data(), count);
    append(x_, H5T_NATIVE_UINT16, x_values_.data(), count);
    append(y_, H5T_NATIVE_UINT16, y_values_.data(), count);
    append(p_, H5T_NATIVE_UINT8, p_values_.data(), count);
    done_ += count;
  }

  void finish() {
    const Hdf5Handle scalar(H5Screate(H5S_SCALAR), H5Sclose);
    const Hdf5Handle offset(H5Dcreate2(file_.get(), "t_offset", H5T_STD_I64LE, scalar.get(),
                                       H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                            H5Dclose);
    check(H5Dwrite(offset.get(), H5T_NATIVE_INT64, H5S_ALL, H5S_ALL, H5P_DEFAULT, &offset_) >= 0);
    if (indexed_ && done_ > 0) {
      const hsize_t size = first_of_.size();
      const Hdf5Handle space(H5Screate_simple(1, &size, nullptr), H5Sclose);
      const Hdf5Handle data(H5Dcreate2(file_.get(), "ms_to_idx", H5T_STD_U64LE, space.get(),
                                       H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT),
                            H5Dclose);
      check(H5Dwrite(data.get(), H5T_NATIVE_UINT64, H5S_ALL, H5S_ALL, H5P_DEFAULT,
                     first_of_.data()) >= 0);
    }
    for (auto* each : {&t_, &x_, &y_, &p_, &group_}) *each = {};
    check(H5Fflush(file_.get(), H5F_SCOPE_GLOBAL) >= 0);
    file_ = {};
    temporary_.keep();
  }

 private:
  void check(bool done) const {
    if (!done) fail(ErrorKind::kIo, "{}: cannot write: the disk may be full", name_);
  }

  void attribute(const char* name, std::int64_t value) {
    const Hdf5Handle scalar(H5Screate(H5S_SCALAR), H5Sclose);
    const Hdf5Handle made(
        H5Acreate2(group_.get(), name, H5T_STD_I64LE, scalar.get(), H5P_DEFAULT, H5P_DEFAULT),
        H5Aclose);
    check(made && H5Awrite(made.get(), H5T_NATIVE_INT64, &value) >= 0);
  }

  /// Creates an extendable dataset with deflated chunks.
  Hdf5Handle column(const char* name, hid_t type) {
    const hsize_t none = 0;
    const hsize_t any = H5S_UNLIMITED;
    const Hdf5Handle space(H5Screate_simple(1, &none, &any), H5Sclose);
    const Hdf5Handle list(H5Pcreate(H5P_DATASET_CREATE), H5Pclose);
    H5Pset_chunk(list.get(), 1, &kChunk);
    if (H5Zfilter_avail(H5Z_FILTER_DEFLATE) > 0) {
      constexpr unsigned kLevel = 4;
      H5Pset_shuffle(list.get());
      H5Pset_deflate(list.get(), kLevel);
    }
    Hdf5Handle data(
        H5Dcreate2(group_.get(), name, type, space.get(), H5P_DEFAULT, list.get(), H5P_DEFAULT),
        H5Dclose);
    check(static_cast<bool>(data));
    return data;
  }

  void append(const Hdf5Handle& data, hid_t type, const void* values, std::size_t count) {
    const hsize_t begin = done_;
    const hsize_t length = count;
    const hsize_t size = begin + length;
    check(H5Dset_extent(data.get(), &size) >= 0);
    const Hdf5Handle space(H5Dget_space(data.get()), H5Sclose);
    const Hdf5Handle memory(H5Screate_simple(1, &length, nullptr), H5Sclose);
    check(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, &begin, nullptr, &length, nullptr) >=
              0 &&
          H5Dwrite(data.get(), type, memory.get(), space.get(), H5P_DEFAULT, values) >= 0);
  }

  /// Stores the first event of every millisecond, as long as times do not decrease.
  void index(std::int64_t t, std::uint64_t event) {
    indexed_ = indexed_ && t >= last_ && t / 1000 < static_cast<std::int64_t>(kMostMilliseconds);
    if (!indexed_) return;
    last_ = t;
    // Event i is the first one of a millisecond m if t[i] >= 1000 m and t[i - 1] < 1000 m.
    while (static_cast<std::int64_t>(first_of_.size()) * 1000 <= t) first_of_.push_back(event);
  }

  Temporary temporary_;
  std::string name_;
  Hdf5Handle file_;
  Hdf5Handle group_;
  Hdf5Handle t_;
  Hdf5Handle x_;
  Hdf5Handle y_;
  Hdf5Handle p_;
  std::int64_t offset_ = 0;
  std::uint64_t done_ = 0;
  bool indexed_ = true;
  std::int64_t last_ = 0;
  std::vector<std::uint64_t> first_of_;  ///< the first event of each millisecond
  std::vector<std::int64_t> t_values_;
  std::vector<std::uint16_t> x_values_;
  std::vector<std::uint16_t> y_values_;
  std::vector<std::uint8_t> p_values_;
};

}  // namespace

std::uint64_t write_hdf5(EventStream& stream, const fs::path& path) {
  // The stream may itself read HDF5 and lock the mutex, so that it is only locked here for writing.
  std::unique_ptr<Hdf5Writer> writer;
  const auto locked = [](auto work) {
    const std::lock_guard<std::mutex> lock(hdf5_mutex());
    work();
  };
  std::uint64_t events = 0;
  std::vector<Event> chunk(kChunk);
  try {
    locked([&] { writer = std::make_unique<Hdf5Writer>(path, stream.sensor()); });
    while (const auto count = stream.read(chunk.data(), chunk.size())) {
      locked([&] { writer->add(chunk, count); });
      events += count;
    }
    locked([&] { writer->finish(); });
  } catch (...) {
    locked([&] { writer.reset(); });
    throw;
  }
  locked([&] { writer.reset(); });
  return events;
}

}  // namespace staa::events
