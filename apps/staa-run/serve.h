#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/runtime/runtime.h"

namespace staa::app {

/// The data of one time step on the page.
struct LiveView {
  std::uint64_t step = 0;
  std::int64_t t_us = 0;
  const std::string& label;
  const std::vector<float>* probabilities;
  double latency_ms = 0;
  std::uint64_t spikes = 0;
  double firing_rate = 0;
  std::uint64_t events = 0;
  std::uint64_t dropped = 0;
  std::uint64_t late = 0;
  const std::vector<float>* frame;  ///< [height, width, 2]
};

/// A page that shows a running network in a browser: GET / returns the page, GET /events a stream
/// of server-sent events, about 25 per second. Steps are not kept for a slow browser, which misses
/// some. The page is served by its own threads; show() must be called from a single thread.
class LivePage {
 public:
  /// Port 0 stands for any free port. Throws Error(kIo) if the port is not available.
  LivePage(const std::string& host, int port, const runtime::Model& model);
  ~LivePage();
  LivePage(const LivePage&) = delete;
  LivePage& operator=(const LivePage&) = delete;

  /// Such as "http://127.0.0.1:8080/".
  std::string address() const;

  void show(const LiveView& view);
  /// Tells the browsers that the stream has ended.
  void end();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace staa::app
