#include <fmt/format.h>

#include <algorithm>
#include <chrono>

#include "event.pb.h"
#include "staa/tensorboard/crc32c.h"
#include "staa/tensorboard/events.h"
#include "staa/util/error.h"

namespace staa::tensorboard {
namespace {

namespace fs = std::filesystem;

constexpr const char* kPrefix = "events.out.tfevents.";

double now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

void append_little_endian(std::string& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(value >> (8 * i));
}

wire::Event event_at(std::int64_t step) {
  wire::Event event;
  event.set_wall_time(now());
  event.set_step(step);
  return event;
}

/// Removes from a file the events of steps after `step`, and a record that a crash left incomplete.
void keep_until(const fs::path& path, std::int64_t step) {
  std::uint64_t kept = 0;
  try {
    EventReader reader(path);
    for (auto event = reader.next(); event && event->step <= step; event = reader.next()) {
      kept = reader.offset();
    }
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::kInput) throw;
  }
  std::error_code failed;
  if (fs::file_size(path, failed) != kept && !failed) fs::resize_file(path, kept, failed);
  if (failed) fail(ErrorKind::kIo, "{}: cannot be shortened: {}", path.string(), failed.message());
}

}  // namespace

std::vector<fs::path> event_files(const fs::path& folder) {
  std::vector<fs::path> files;
  std::error_code failed;
  for (const auto& entry : fs::directory_iterator(folder, failed)) {
    if (entry.path().filename().string().rfind(kPrefix, 0) == 0) files.push_back(entry.path());
  }
  if (failed) fail(ErrorKind::kIo, "{}: cannot be listed: {}", folder.string(), failed.message());
  std::sort(files.begin(), files.end());
  return files;
}

EventWriter::EventWriter(const fs::path& folder, std::int64_t step) {
  const auto older = event_files(folder);
  for (const auto& path : older) keep_until(path, step);
  // TensorBoard reads a folder's files in order of their names.
  path_ = folder /
          fmt::format("{}{:010}.staa.{}", kPrefix, static_cast<std::int64_t>(now()), older.size());
  out_.open(path_, std::ios::binary | std::ios::trunc);
  auto first = event_at(0);
  first.set_file_version("brain.Event:2");
  append(first.SerializeAsString());
  if (step > 0) {
    // This makes a running TensorBoard drop what it has read of the removed steps.
    auto start = event_at(step + 1);
    start.mutable_session_log()->set_status(wire::SessionLog::START);
    append(start.SerializeAsString());
  }
}

void EventWriter::add(std::int64_t step, const std::vector<Scalar>& scalars) {
  auto event = event_at(step);
  for (const auto& scalar : scalars) {
    auto* value = event.mutable_summary()->add_value();
    value->set_tag(scalar.tag);
    value->set_simple_value(static_cast<float>(scalar.value));
  }
  append(event.SerializeAsString());
}

void EventWriter::append(const std::string& message) {
  std::string record;
  append_little_endian(record, message.size(), 8);
  append_little_endian(record, masked_crc32c(record.data(), record.size()), 4);
  record += message;
  append_little_endian(record, masked_crc32c(message.data(), message.size()), 4);
  out_.write(record.data(), static_cast<std::streamsize>(record.size()));
  out_.flush();
  if (!out_) fail_errno(path_.string(), "cannot write");
}

}  // namespace staa::tensorboard
