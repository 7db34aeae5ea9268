#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "staa/runtime/runtime.h"

namespace staa::app {

/// What the page shows of one time step.
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

/// A page that shows a running network in a browser: GET / is the page, GET /events a stream of
/// server-sent events, some 25 a second. A browser that is slow misses steps; nothing is kept for
/// it. Threads of its own serve it; show() is called by one thread.
class LivePage {
 public:
  /// Port 0: any that is free. Throws Error(kIo) where the port cannot be had.
  LivePage(const std::string& host, int port, const runtime::Model& model);
  ~LivePage();
  LivePage(const LivePage&) = delete;
  LivePage& operator=(const LivePage&) = delete;

  /// "http://127.0.0.1:8080/"
  std::string address() const;

  void show(const LiveView& view);
  /// Tells the browsers that the stream has ended.
  void end();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace staa::app
