#include "serve.h"

#include <fmt/format.h>
#include <httplib.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <thread>

#include "assets.h"
#include "staa/util/error.h"

namespace staa::app {
namespace {

using Clock = std::chrono::steady_clock;

std::string base64(const std::vector<std::uint8_t>& bytes) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto at = [&](std::size_t k) { return i + k < bytes.size() ? bytes[i + k] : 0U; };
    const std::uint32_t three = at(0) << 16 | at(1) << 8 | at(2);
    for (int shift = 18; shift >= 0; shift -= 6) out += kDigits[three >> shift & 63];
  }
  if (bytes.size() % 3 > 0)
    out.replace(out.size() - (3 - bytes.size() % 3), std::string::npos, 3 - bytes.size() % 3, '=');
  return out;
}

/// Packs each pixel into one byte, 16 * brighter + darker, each at most 15.
std::string pack(const std::vector<float>& frame) {
  std::vector<std::uint8_t> bytes(frame.size() / 2);
  const auto level = [](float value) {
    return static_cast<unsigned>(std::ceil(std::min(value, 15.0F)));
  };
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    bytes[i] = static_cast<std::uint8_t>(level(frame[2 * i + 1]) << 4 | level(frame[2 * i]));
  }
  return base64(bytes);
}

}  // namespace

class LivePage::Impl {
 public:
  Impl(const std::string& host, int port, const runtime::Model& model) : host_(host) {
    const auto shape = model.input();
    model_ = nlohmann::json{{"network", model.network()}, {"precision", model.precision()},
                            {"classes", model.classes()}, {"width", shape.width},
                            {"height", shape.height},     {"steps", model.steps()}}
                 .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    // A connection that is kept alive would delay the end of the program until it times out.
    server_.set_keep_alive_max_count(1);
    server_.Get("/", [](const httplib::Request&, httplib::Response& response) {
      response.set_header("Cache-Control", "no-store");
      response.set_content(kLivePage, "text/html; charset=utf-8");
    });
    server_.Get("/events", [this](const httplib::Request&, httplib::Response& response) {
      response.set_header("Cache-Control", "no-store");
      auto seen = std::make_shared<std::uint64_t>(0);
      auto told = std::make_shared<bool>(false);
      response.set_chunked_content_provider(
          "text/event-stream", [this, seen, told](std::size_t, httplib::DataSink& sink) {
            return send(sink, *seen, *told);
          });
    });
    port_ = port == 0 ? server_.bind_to_any_port(host.c_str())
                      : (server_.bind_to_port(host.c_str(), port) ? port : -1);
    if (port_ < 0) {
      fail(ErrorKind::kIo,
           "--serve: cannot listen on {} port {}: it is taken, or the address is not of this "
           "machine",
           host, port);
    }
    thread_ = std::thread([this] { server_.listen_after_bind(); });
    // stop() has no effect before the server runs.
    while (!server_.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }

  ~Impl() {
    end();
    server_.stop();
    thread_.join();
  }

  std::string address() const { return fmt::format("http://{}:{}/", host_, port_); }

  void show(const LiveView& view) {
    const auto now = Clock::now();
    constexpr auto kShown = std::chrono::milliseconds(40);
    if (now - last_ < kShown) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (watching_ == 0) return;  // no browser is connected
    }
    last_ = now;
    auto text = nlohmann::json{{"step", view.step},
                               {"t_us", view.t_us},
                               {"class", view.label},
                               {"probabilities", *view.probabilities},
                               {"latency_ms", view.latency_ms},
                               {"spikes", view.spikes},
                               {"firing_rate", view.firing_rate},
                               {"events", view.events},
                               {"dropped", view.dropped},
                               {"late", view.late},
                               {"frame", pack(*view.frame)}}
                    .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    const std::lock_guard<std::mutex> lock(mutex_);
    latest_ = std::move(text);
    ++number_;
    changed_.notify_all();
  }

  void end() {
    const std::lock_guard<std::mutex> lock(mutex_);
    ended_ = true;
    changed_.notify_all();
  }

 private:
  /// Waits for a new step and sends it. Returns false if the browser has disconnected.
  bool send(httplib::DataSink& sink, std::uint64_t& seen, bool& told) {
    std::string message;
    bool last = false;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (!told) {
        told = true;
        message = "event: model\ndata: " + model_ + "\n\n";
        seen = number_;
        ++watching_;
      } else {
        constexpr auto kAlive = std::chrono::seconds(2);
        changed_.wait_for(lock, kAlive, [&] { return number_ != seen || ended_; });
        message = ": still here\n\n";
        if (number_ != seen) message = "event: step\ndata: " + latest_ + "\n\n";
        seen = number_;
        last = ended_;
        if (last) message += "event: end\ndata: {}\n\n";
      }
    }
    const bool sent = sink.write(message.data(), message.size());
    if (!sent || last) {
      const std::lock_guard<std::mutex> lock(mutex_);
      --watching_;
    }
    if (sent && last) sink.done();
    return sent;
  }

  std::string host_;
  int port_ = -1;
  std::string model_;
  httplib::Server server_;
  std::thread thread_;
  Clock::time_point last_;
  std::mutex mutex_;  // guards the members below
  std::condition_variable changed_;
  std::string latest_;
  std::uint64_t number_ = 0;  ///< of latest_
  int watching_ = 0;
  bool ended_ = false;
};

LivePage::LivePage(const std::string& host, int port, const runtime::Model& model)
    : impl_(std::make_unique<Impl>(host, port, model)) {}
LivePage::~LivePage() = default;
std::string LivePage::address() const { return impl_->address(); }
void LivePage::show(const LiveView& view) { impl_->show(view); }
void LivePage::end() { impl_->end(); }

}  // namespace staa::app
