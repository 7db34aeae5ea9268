// staa-run --live with standard input, TCP and recordings, and its page.

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "apps/process.h"
#include "events/fixtures.h"
#include "runtime/tiny_model.h"
#include "staa/events/atis.h"
#include "staa/util/file.h"

namespace staa::test {
namespace {

using Json = nlohmann::json;

/// A socket for connections on this machine.
class Socket {
 public:
  Socket() : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {}
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  /// Binds a free port and returns it.
  int bind_any() const {
    auto address = here(0);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(fd_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    return ntohs(address.sin_port);
  }
  bool connect(int port) const {
    const auto address = here(port);
    return ::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  }
  void write(const std::string& bytes) const {
    EXPECT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  /// Reads until `part` has arrived or the other side closes the connection.
  std::string read_until(const std::string& part) const {
    std::string all;
    char block[4096];
    while (all.find(part) == std::string::npos) {
      const auto got = ::recv(fd_, block, sizeof block, 0);
      if (got <= 0) break;
      all.append(block, static_cast<std::size_t>(got));
    }
    return all;
  }
  int get() const { return fd_; }

 private:
  static sockaddr_in here(int port) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    return address;
  }

  int fd_;
};

class StaaRunLive : public ::testing::Test {
 protected:
  StaaRunLive() {
    TinyModel tiny;
    tiny.input = {2, 8, 8};
    const auto file = tiny_model(tiny);
    write_bytes(folder_ / "tiny.staa", {reinterpret_cast<const char*>(file.data()), file.size()});
    // 3,000 events from 0 to 29,990 us, which make three frames of 10 ms.
    Random random{9};
    for (int i = 0; i < 3000; ++i) {
      events_.push_back({i * 10, static_cast<std::uint16_t>(random.below(16)),
                         static_cast<std::uint16_t>(random.below(16)),
                         static_cast<std::uint8_t>(random.below(2))});
    }
    events::write_atis(folder_ / "hand.bin", events_);
  }

  std::string path(const std::string& name) const { return (folder_ / name).string(); }

  Command command(const std::string& source, std::vector<std::string> more = {},
                  const std::string& input = "/dev/null") const {
    std::vector<std::string> arguments{path("tiny.staa"), "--live", source, "--sensor", "16x16"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return {STAA_PROGRAM, arguments, input};
  }

  /// Returns the objects that it prints with --json; the last one has the totals.
  std::vector<Json> objects(const std::string& source, std::vector<std::string> more,
                            const std::string& input = "/dev/null", int code = 0) const {
    more.emplace_back("--json");
    const auto ended = Process(command(source, more, input)).wait();
    EXPECT_EQ(ended.code, code) << ended.err;
    std::vector<Json> found;
    std::istringstream lines(ended.out);
    for (std::string line; std::getline(lines, line);) found.push_back(Json::parse(line));
    return found;
  }

  /// Returns the result of staa-run for the whole recording.
  Json whole(const std::string& slice) const {
    const auto ended = Process(Command{STAA_PROGRAM,
                                       {path("tiny.staa"), path("hand.bin"), "--sensor", "16x16",
                                        "--slice", slice, "--json"}})
                           .wait();
    return Json::parse(ended.out);
  }

  TempFolder folder_;
  std::vector<events::Event> events_;
};

TEST_F(StaaRunLive, FramesAreThoseOfTheWholeRecording) {
  for (const auto& [slice, rule] :
       {std::pair<std::string, std::vector<std::string>>{"time", {"--frame", "9997us"}},
        {"count", {"--frame-events", "1000"}}}) {
    const auto expected = whole(slice);
    const auto found = objects("-", rule, path("hand.bin"));
    ASSERT_EQ(found.size(), 4U) << slice;
    EXPECT_EQ(found[2]["steps"], 3);
    EXPECT_EQ(found[2]["class"], expected["class"]);
    EXPECT_NEAR(found[2]["probability"], expected["probability"], 1e-6);
    EXPECT_EQ(found[3]["spikes"], expected["spikes"]);
    EXPECT_EQ(found[3]["events"], 3000);
    EXPECT_EQ(found[3]["format"], "atis");
    EXPECT_EQ(found[3]["cut_bytes"], 0);
  }
}

TEST_F(StaaRunLive, AFileIsPlayedLikeAStream) {
  const auto streamed = objects("-", {"--frame", "2ms"}, path("hand.bin"));
  const auto played = objects(path("hand.bin"), {"--frame", "2ms", "--speed", "0"});
  ASSERT_EQ(streamed.size(), 16U);
  ASSERT_EQ(played.size(), 16U);
  for (std::size_t i = 0; i < 15; ++i) {
    for (const char* key : {"t_us", "probability", "spikes", "events", "steps"}) {
      EXPECT_EQ(streamed[i][key], played[i][key]) << key;
    }
    EXPECT_EQ(streamed[i]["steps"], i % 3 + 1);
  }
  EXPECT_EQ(played[15]["resets"], 4);
}

TEST_F(StaaRunLive, NeverQueuesWhatItCannotRun) {
  const auto total =
      objects("-", {"--frame-events", "5", "--overflow", "drop", "--bench"}, path("hand.bin"));
  ASSERT_EQ(total.size(), 1U);
  EXPECT_EQ(total[0]["steps"].get<int>() + total[0]["dropped_frames"].get<int>(), 600);
  const auto waited = objects("-", {"--frame-events", "5", "--bench"}, path("hand.bin"));
  EXPECT_EQ(waited[0]["steps"], 600);
  EXPECT_EQ(waited[0]["dropped_frames"], 0);
}

TEST_F(StaaRunLive, BeginsAnewWhereTheClockJumpsAndTellsOfACutRecord) {
  std::vector<events::Event> jump{{5, 1, 1, 1}, {5'000'000, 2, 2, 1}, {5'001'500, 3, 3, 1}};
  events::write_atis(folder_ / "jump.bin", jump);
  const auto bytes = read_text_file(folder_ / "jump.bin") + "\x01";
  write_bytes(folder_ / "jump.bin", bytes);
  const auto found = objects("-", {"--frame", "1ms"}, path("jump.bin"));
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[3]["clock_jumps"], 1);
  EXPECT_EQ(found[3]["cut_bytes"], 1);
  EXPECT_EQ(found[1]["steps"], 1);  // the network was reset
  EXPECT_EQ(found[2]["t_us"], 5'001'000);
}

TEST_F(StaaRunLive, ReadsAedat31FromAServer) {
  Socket server;
  const int port = server.bind_any();
  ASSERT_EQ(::listen(server.get(), 1), 0);
  std::thread camera([&] {
    const Socket client(::accept(server.get(), nullptr, nullptr));
    client.write(events::aedat31_header());
    for (std::size_t at = 0; at < events_.size(); at += 500) {
      client.write(
          events::aedat31_packet({events_.begin() + static_cast<std::ptrdiff_t>(at),
                                  events_.begin() + static_cast<std::ptrdiff_t>(at + 500)}));
    }
  });
  const auto found = objects("tcp://127.0.0.1:" + std::to_string(port),
                             {"--frame-events", "1000", "--overflow", "wait"});
  camera.join();
  ASSERT_EQ(found.size(), 4U);
  EXPECT_EQ(found[3]["format"], "aedat3.1");
  EXPECT_EQ(found[3]["spikes"], whole("count")["spikes"]);
}

TEST_F(StaaRunLive, SaysWhatIsWrong) {
  const auto said = [&](const Command& asked, int code, const std::string& part) {
    const auto ended = Process(asked).wait();
    EXPECT_EQ(ended.code, code) << ended.err;
    EXPECT_NE(ended.err.find(part), std::string::npos) << ended.err;
  };
  said(command("-", {"--reset-after", "4"}), 2, "1 to 3 time steps, not 4");
  said(command("-", {"--frame", "soon"}), 2, "--frame: expected a time");
  said(command(path("none.raw")), 1, "none.raw");
  said(command("tcp://here"), 2, "tcp://HOST:PORT");
  said(command("-", {path("hand.bin")}), 2, "expected one of them");
  auto packet = events::aedat31_packet(events_);
  packet[4] = 9;
  write_bytes(folder_ / "broken",
              events::aedat31_header() + events::aedat31_packet(events_) + packet);
  const auto found = objects("-", {"--bench"}, path("broken"), 1);
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(found[0]["events"], 3000);
  EXPECT_NE(found[0]["broken"].get<std::string>().find("standard input: offset"),
            std::string::npos);
}

/// A named pipe, open for writing.
class Pipe {
 public:
  explicit Pipe(const std::string& path) {
    EXPECT_EQ(::mkfifo(path.c_str(), 0600), 0);
    fd_ = ::open(path.c_str(), O_RDWR);
  }
  ~Pipe() { close(); }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  void write(const std::string& bytes) const {
    EXPECT_EQ(::write(fd_, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  }
  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

 private:
  int fd_ = -1;
};

TEST_F(StaaRunLive, ShowsAPageAndPrintsTotalsWhenInterrupted) {
  int port = 0;
  {
    const Socket probe;
    port = probe.bind_any();
  }
  Pipe pipe(path("pipe"));
  Process program(command("-", {"--frame", "1ms", "--serve", std::to_string(port)}, path("pipe")));
  ASSERT_TRUE(program.wait_for([&] { return Socket().connect(port); }));
  {
    const Socket browser;
    ASSERT_TRUE(browser.connect(port));
    browser.write("GET / HTTP/1.0\r\n\r\n");
    EXPECT_NE(browser.read_until("</html>").find("new EventSource(\"events\")"), std::string::npos);
  }
  const Socket browser;
  ASSERT_TRUE(browser.connect(port));
  browser.write("GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
  const auto head = browser.read_until("\n\n");
  EXPECT_NE(head.find("text/event-stream"), std::string::npos);
  EXPECT_NE(head.find("event: model"), std::string::npos) << head;
  EXPECT_NE(head.find("\"classes\":[\"left\",\"right\"]"), std::string::npos);
  pipe.write(read_text_file(folder_ / "hand.bin"));
  const auto step = browser.read_until("\n\n");
  EXPECT_NE(step.find("event: step"), std::string::npos) << step;
  EXPECT_NE(step.find("\"firing_rate\""), std::string::npos);
  program.send(SIGINT);
  EXPECT_NE(browser.read_until("event: end").find("event: end"), std::string::npos);
  const auto ended = program.wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("latency: "), std::string::npos) << ended.out;
  EXPECT_NE(ended.err.find("the page is at http://127.0.0.1:"), std::string::npos);
}

TEST_F(StaaRunLive, ABrowserShowsARecordingAtItsOwnSpeed) {
  if (!has_program("chromium")) GTEST_SKIP() << "needs chromium";
  for (std::size_t i = 0; i < events_.size(); ++i)
    events_[i].t = static_cast<std::int64_t>(i) * 4000;
  events::write_atis(folder_ / "slow.bin", events_);  // 12 s
  int port = 0;
  {
    const Socket probe;
    port = probe.bind_any();
  }
  Process program(command(path("slow.bin"), {"--frame", "20ms", "--serve", std::to_string(port)}));
  ASSERT_TRUE(program.wait_for([&] { return Socket().connect(port); }));
  const auto shown = run_program(
      "chromium",
      {"--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=100000", "--dump-dom",
       "--user-data-dir=" + path("profile"), "http://127.0.0.1:" + std::to_string(port) + "/"});
  EXPECT_EQ(shown.code, 0) << shown.err;
  EXPECT_NE(shown.out.find("tiny, "), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find("<canvas id=\"frame\" width=\"8\" height=\"8\""), std::string::npos);
  EXPECT_NE(shown.out.find("<span title=\"left\">left</span>"), std::string::npos) << shown.out;
  EXPECT_NE(shown.out.find(">the stream has ended</span>"), std::string::npos);
  const auto ended = program.wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("latency: "), std::string::npos) << ended.out;
}

}  // namespace
}  // namespace staa::test
