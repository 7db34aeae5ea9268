#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <thread>

#include "apps/processes.h"

namespace staa::test {
namespace {

/// An unrelated program that listens on its own port.
class Stranger {
 public:
  /// Answers every connection with `words` and hangs up, or never answers if `silent`.
  Stranger(std::string words, bool silent) : words_(std::move(words)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* name = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(socket_, name, length), 0);
    EXPECT_EQ(::listen(socket_, 16), 0);
    EXPECT_EQ(::getsockname(socket_, name, &length), 0);
    port_ = ntohs(address.sin_port);
    if (!silent) thread_ = std::thread([this] { answer(); });
  }
  ~Stranger() {
    ended_ = true;
    ::shutdown(socket_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(socket_);
  }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;

  int port() const { return port_; }

 private:
  void answer() {
    while (!ended_) {
      const int caller = ::accept(socket_, nullptr, nullptr);
      if (caller < 0) return;
      (void)!::write(caller, words_.data(), words_.size());
      ::close(caller);
    }
  }

  std::string words_;
  int socket_ = -1;
  int port_ = 0;
  std::atomic<bool> ended_{false};
  std::thread thread_;
};

class Strangers : public ManyProcesses {
 protected:
  Finished join(const Stranger& stranger, const char* rank) {
    const auto port = std::to_string(stranger.port());
    place_ = "127.0.0.1:" + port;
    return run_staa(
        train({"--join-timeout", "2"}),
        {"env", std::string("RANK=") + rank, "WORLD_SIZE=2", std::string("LOCAL_RANK=") + rank,
         "LOCAL_WORLD_SIZE=2", "MASTER_ADDR=127.0.0.1", "MASTER_PORT=" + port});
  }

  /// Expects a single error that names rank, host and port.
  void expect_one_error(const Finished& finished, const std::string& rank) {
    EXPECT_EQ(finished.code, 1) << finished.err;
    EXPECT_NE(finished.err.find("rank " + rank), std::string::npos) << finished.err;
    EXPECT_NE(finished.err.find(place_), std::string::npos) << finished.err;
    const auto first = finished.err.find("staa: error: ");
    ASSERT_NE(first, std::string::npos) << finished.err;
    EXPECT_EQ(finished.err.find("staa: error: ", first + 1), std::string::npos) << finished.err;
    EXPECT_EQ(finished.err.find("terminate called"), std::string::npos) << finished.err;
    EXPECT_FALSE(std::filesystem::exists(folder_ / "run"));
  }

  std::string place_;
};

TEST_F(Strangers, OneThatSaysNothingEndsTheWaitInTime) {
  const Stranger stranger("", /*silent=*/true);
  const auto finished = join(stranger, "1");
  expect_one_error(finished, "1");
  EXPECT_NE(finished.err.find("2 s"), std::string::npos) << finished.err;
}

TEST_F(Strangers, OneThatHangsUpIsTold) {
  for (const auto* words : {"", "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"}) {
    const Stranger stranger(words, /*silent=*/false);
    expect_one_error(join(stranger, "1"), "1");
  }
}

TEST_F(Strangers, RankZeroTellsThatThePortIsTaken) {
  const Stranger stranger("", /*silent=*/true);
  expect_one_error(join(stranger, "0"), "0");
}

}  // namespace
}  // namespace staa::test
