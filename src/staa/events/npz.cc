#include "staa/events/npz.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "staa/events/npy.h"
#include "staa/util/error.h"

namespace staa::events {
namespace {

constexpr std::array<const char*, 4> kColumns{"t", "x", "y", "p"};
constexpr std::uint64_t kBlockEvents = kChunkEvents;

class NpzStream : public EventStream {
 public:
  NpzStream(const std::filesystem::path& path, Sensor sensor)
      : file_(std::make_shared<InputFile>(path)), sensor_(sensor) {
    const auto members = list_zip(*file_);
    for (std::size_t i = 0; i < kColumns.size(); ++i) {
      columns_[i] = std::make_unique<NpyColumn>(file_, find(members, kColumns[i]));
      if (columns_[i]->size() != columns_[0]->size()) {
        fail(ErrorKind::kInput, "{}: array {}: expected {} elements as in t, found {}", name(),
             kColumns[i], columns_[0]->size(), columns_[i]->size());
      }
      values_[i].resize(kBlockEvents);
    }
    left_ = columns_[0]->size();
  }

  const std::string& name() const override { return file_->name(); }
  Sensor sensor() const override { return sensor_; }
  const Skipped& skipped() const override { return skipped_; }

  void rewind() override {
    for (auto& column : columns_) column->rewind();
    left_ = columns_[0]->size();
    skipped_ = {};
  }

  std::size_t read(Event* out, std::size_t capacity) override {
    std::size_t done = 0;
    while (done == 0 && left_ > 0) {
      const auto count =
          static_cast<std::size_t>(std::min<std::uint64_t>({left_, capacity, kBlockEvents}));
      for (std::size_t i = 0; i < kColumns.size(); ++i) columns_[i]->read(values_[i].data(), count);
      for (std::size_t i = 0; i < count; ++i) done += decode(i, out[done]) ? 1 : 0;
      left_ -= count;
    }
    return done;
  }

 private:
  const ZipMember& find(const std::vector<ZipMember>& members, const std::string& column) const {
    std::string found;
    for (const auto& member : members) {
      if (member.name == column + ".npy") return member;
      found += (found.empty() ? "" : ", ") + member.name;
    }
    fail(ErrorKind::kInput, "{}: expected the arrays t, x, y and p, found {}", name(),
         found.empty() ? "none" : found);
  }

  bool decode(std::size_t i, Event& event) {
    const auto x = values_[1][i];
    const auto y = values_[2][i];
    const auto polarity = values_[3][i];
    if (polarity < -1 || polarity > 1) {
      fail(ErrorKind::kInput, "{}: p.npy: element {}: expected a polarity of 0 or 1, found {}",
           name(), columns_[0]->size() - left_ + i, polarity);
    }
    if (x < 0 || x >= sensor_.width || y < 0 || y >= sensor_.height) {
      ++skipped_.outside;
      return false;
    }
    event = {values_[0][i], static_cast<std::uint16_t>(x), static_cast<std::uint16_t>(y),
             static_cast<std::uint8_t>(polarity > 0)};
    return true;
  }

  std::shared_ptr<const InputFile> file_;
  Sensor sensor_;
  std::array<std::unique_ptr<NpyColumn>, kColumns.size()> columns_;
  std::array<std::vector<std::int64_t>, kColumns.size()> values_;
  std::uint64_t left_ = 0;
  Skipped skipped_;
};

}  // namespace

std::unique_ptr<EventStream> open_npz(const std::filesystem::path& path, Sensor sensor) {
  return std::make_unique<NpzStream>(path, sensor);
}

}  // namespace staa::events
