#include "staa/run/run_folder.h"

#include <fstream>
#include <nlohmann/json.hpp>

#include "staa/util/error.h"
#include "staa/util/file.h"

namespace staa::run {
namespace {

void append_line(const std::filesystem::path& path, const std::string& line) {
  std::ofstream out(path, std::ios::app);
  out << line << '\n' << std::flush;
  if (!out) fail_errno(path.string(), "cannot write");
}

}  // namespace

std::filesystem::path RunFolder::weights(const std::string& which) const {
  auto path = which == "best" ? best() : last();
  if (!std::filesystem::exists(path)) {
    fail(ErrorKind::kUsage, "{}: there is no {}: not the folder of a run that has got that far",
         root_.string(), path.filename().string());
  }
  return path;
}

bool RunFolder::has_run() const {
  return std::filesystem::exists(recipe()) || std::filesystem::exists(last());
}

void RunFolder::append_metrics(const std::string& json_line) const {
  append_line(metrics(), json_line);
}

void RunFolder::append_environment(const std::string& json_line) const {
  append_line(environment(), json_line);
}

void RunFolder::keep_metrics(std::int64_t epochs) const {
  std::error_code missing;
  if (!std::filesystem::exists(metrics(), missing)) return;
  std::ifstream in(metrics());
  std::string kept;
  for (std::string line; std::getline(in, line);) {
    const auto row = nlohmann::json::parse(line, nullptr, /*allow_exceptions=*/false);
    // A line that a crash cut short is not an object and is dropped.
    if (row.is_object() && row.value("epoch", epochs + 1) <= epochs) kept += line + '\n';
  }
  write_file_atomically(metrics(), kept);
}

}  // namespace staa::run
