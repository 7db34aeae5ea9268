#include "live_source.h"

#include <fmt/format.h>
#include <netdb.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <memory>
#include <thread>

#include "staa/events/recording.h"
#include "staa/util/error.h"

namespace staa::app {
namespace {

using Clock = std::chrono::steady_clock;
using Begin = std::function<void(events::Sensor)>;
using Use = std::function<void(const events::Event*, std::size_t, std::int64_t)>;

constexpr const char* kTcp = "tcp://";

/// A file descriptor that is closed on destruction, except standard input.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ > STDIN_FILENO) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

/// Connects to "HOST:PORT" or "[HOST]:PORT".
int connect_to(const std::string& name, const std::string& address) {
  const auto colon = address.rfind(':');
  if (colon == std::string::npos || colon == 0 || colon + 1 == address.size()) {
    fail(ErrorKind::kUsage, "--live: expected tcp://HOST:PORT, found '{}'", name);
  }
  auto host = address.substr(0, colon);
  if (host.front() == '[' && host.back() == ']') host = host.substr(1, host.size() - 2);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), address.c_str() + colon + 1, &hints, &found);
  if (code != 0) fail(ErrorKind::kIo, "{}: {}", name, ::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(found, ::freeaddrinfo);
  for (const auto* each = found; each != nullptr; each = each->ai_next) {
    const int fd = ::socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
    if (fd < 0) continue;
    if (::connect(fd, each->ai_addr, each->ai_addrlen) == 0) return fd;
    const int error = errno;
    ::close(fd);
    errno = error;
  }
  fail_errno(name, "cannot connect");
}

/// Waits until bytes can be read. Returns false if `stop` was set.
bool wait_for_bytes(int fd, const std::atomic<bool>& stop) {
  constexpr int kWaitMs = 50;
  while (!stop) {
    pollfd waiting{fd, POLLIN, 0};
    if (::poll(&waiting, 1, kWaitMs) > 0) return true;
  }
  return false;
}

SourceEnd run_bytes(const LiveSource& source, const std::atomic<bool>& stop, const Begin& begin,
                    const Use& use) {
  const std::string name = source.name == "-" ? "standard input" : source.name;
  const bool tcp = source.name.rfind(kTcp, 0) == 0;
  const Descriptor input(tcp ? connect_to(name, name.substr(6)) : STDIN_FILENO);
  const auto decoder = events::make_live_decoder(source.format, name, source.sensor);
  // Small enough not to delay the events of a slow camera, large enough for those of a fast one.
  std::vector<std::uint8_t> bytes(std::size_t{1} << 16);
  std::vector<events::Event> events;
  SourceEnd end;
  bool begun = false;
  while (end.broken.empty() && wait_for_bytes(input.get(), stop)) {
    const auto got = ::read(input.get(), bytes.data(), bytes.size());
    if (got < 0 && (errno == EINTR || errno == EAGAIN)) continue;
    if (got == 0) break;
    events.clear();
    try {
      if (got < 0) fail_errno(name, "cannot read");
      decoder->add(bytes.data(), static_cast<std::size_t>(got), events);
    } catch (const Error& error) {
      end.broken = error.what();  // the events decoded before it still count
    }
    if (!begun && !events.empty()) {
      begin(decoder->sensor());
      begun = true;
    }
    if (begun) use(events.data(), events.size(), decoder->clock());
  }
  end.format = decoder->format();
  end.skipped = decoder->skipped();
  end.cut_bytes = decoder->waiting();
  return end;
}

/// Waits until `time`. Returns false if `stop` was set.
bool sleep_until(Clock::time_point time, const std::atomic<bool>& stop) {
  constexpr auto kMost = std::chrono::milliseconds(50);
  while (!stop) {
    const auto now = Clock::now();
    if (now >= time) return true;
    std::this_thread::sleep_until(std::min(time, now + kMost));
  }
  return false;
}

SourceEnd run_file(const LiveSource& source, const std::atomic<bool>& stop, const Begin& begin,
                   const Use& use) {
  events::Recording recording;
  recording.path = source.name;
  recording.format = events::format_of(source.name);
  const auto stated = events::stated_sensor(recording.path, recording.format);
  recording.sensor = stated == events::Sensor{} ? source.sensor : stated;
  const auto stream = events::open_recording(recording);
  SourceEnd end;
  end.format = events::to_string(recording.format);
  begin(stream->sensor());
  std::vector<events::Event> chunk(events::kChunkEvents);
  const auto start = Clock::now();
  std::int64_t first = 0;
  bool begun = false;
  try {
    while (!stop) {
      const auto count = stream->read(chunk.data(), chunk.size());
      if (count == 0) break;
      if (!begun) first = chunk[0].t;
      begun = true;
      // Events are passed on in groups of one millisecond, when the last of a group is due.
      for (std::size_t i = 0; i < count && !stop;) {
        constexpr std::int64_t kTogether = 1000;
        std::size_t next = i + 1;
        if (source.speed <= 0) next = count;
        while (next < count && chunk[next].t - chunk[i].t < kTogether &&
               chunk[next].t >= chunk[i].t) {
          ++next;
        }
        if (source.speed > 0) {
          const auto since = static_cast<double>(chunk[next - 1].t - first) / source.speed;
          const auto wait = std::chrono::duration<double, std::micro>(std::min(since, 1e13));
          if (!sleep_until(start + std::chrono::duration_cast<Clock::duration>(wait), stop)) break;
        }
        use(chunk.data() + i, next - i, -1);
        i = next;
      }
    }
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kUsage) throw;
    end.broken = error.what();
  }
  end.skipped = stream->skipped();
  return end;
}

}  // namespace

SourceEnd run_source(const LiveSource& source, const std::atomic<bool>& stop, const Begin& begin,
                     const Use& use) {
  const bool bytes = source.name == "-" || source.name.rfind(kTcp, 0) == 0;
  return bytes ? run_bytes(source, stop, begin, use) : run_file(source, stop, begin, use);
}

}  // namespace staa::app
