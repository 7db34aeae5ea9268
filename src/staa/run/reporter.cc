#include "staa/run/reporter.h"

#include <fmt/format.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <cstdio>

#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::run {
namespace {

constexpr double kBarInterval = 0.1;    // seconds between two updates of the bar
constexpr double kLineInterval = 30.0;  // seconds between two plain lines

int terminal_columns() {
  winsize size{};
  return ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

std::string figures(const train::StepReport& r) {
  return fmt::format("loss {:.3f}  acc {:5.2f} %  {:.0f} images/s  {} left", r.progress.mean_loss(),
                     r.progress.top1(), r.images_per_s, human_duration(r.seconds_left));
}

std::string bar(const train::StepReport& r, int columns) {
  const auto head = fmt::format("epoch {}/{} ", r.epoch, r.epochs);
  const auto tail = fmt::format(" {}", figures(r));
  const int width = columns - static_cast<int>(head.size() + tail.size()) - 3;
  std::string middle;
  if (width >= 8) {
    const auto done =
        static_cast<int>(r.progress.batch * width / std::max<std::int64_t>(1, r.batches));
    middle = fmt::format("[{}{}]", std::string(static_cast<std::size_t>(done), '='),
                         std::string(static_cast<std::size_t>(width - done), ' '));
  } else {
    middle = fmt::format("{}/{}", r.progress.batch, r.batches);
  }
  auto line = head + middle + tail;
  if (static_cast<int>(line.size()) >= columns) line.resize(static_cast<std::size_t>(columns - 1));
  return line;
}

}  // namespace

Reporter::Reporter(const std::filesystem::path& log, bool quiet)
    : terminal_(::isatty(STDOUT_FILENO) != 0), quiet_(quiet || log.empty()) {
  if (log.empty()) {
    logger_ = std::make_shared<spdlog::logger>("train", spdlog::sinks_init_list{});
    return;
  }
  const auto console = std::make_shared<spdlog::sinks::stdout_sink_mt>();
  console->set_pattern("%v");
  console->set_level(quiet ? spdlog::level::warn : spdlog::level::info);
  spdlog::sink_ptr file;
  try {
    file = std::make_shared<spdlog::sinks::basic_file_sink_mt>(log.string());
  } catch (const spdlog::spdlog_ex& error) {
    fail(ErrorKind::kIo, "{}: cannot write the log: {}", log.string(), error.what());
  }
  file->set_pattern("%Y-%m-%d %H:%M:%S %v");
  logger_ = std::make_shared<spdlog::logger>("train", spdlog::sinks_init_list{console, file});
  logger_->flush_on(spdlog::level::info);
}

Reporter::~Reporter() { clear_bar(); }

void Reporter::clear_bar() {
  if (!bar_shown_) return;
  std::fputs("\r\x1b[K", stdout);
  std::fflush(stdout);
  bar_shown_ = false;
}

void Reporter::say(const std::string& line) {
  clear_bar();
  logger_->info(line);
}

void Reporter::warn(const std::string& line) {
  clear_bar();
  logger_->warn("warning: " + line);
}

void Reporter::step(const train::StepReport& report) {
  if (quiet_) return;
  const auto now = std::chrono::steady_clock::now();
  const double since = std::chrono::duration<double>(now - last_shown_).count();
  if (terminal_ && since >= kBarInterval) {
    std::fputs(("\r\x1b[K" + bar(report, terminal_columns())).c_str(), stdout);
    std::fflush(stdout);
    bar_shown_ = true;
    last_shown_ = now;
  } else if (!terminal_ && since >= kLineInterval) {
    logger_->info("epoch {}/{}  batch {}/{}  {}", report.epoch, report.epochs,
                  report.progress.batch, report.batches, figures(report));
    last_shown_ = now;
  }
}

}  // namespace staa::run
