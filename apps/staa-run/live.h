#pragma once

#include <cstdint>
#include <string>

#include "live_frames.h"
#include "live_source.h"
#include "staa/runtime/runtime.h"

namespace staa::app {

/// What happens to a frame for which the queue has no room.
enum class Overflow {
  kWait,  ///< the source is not read until there is: for pipes and files, which can wait
  kDrop,  ///< it is left out and counted: for cameras, which cannot
};

struct LiveOptions {
  LiveSource source;
  FrameRule rule;
  Overflow overflow = Overflow::kWait;
  std::size_t reset_after = 0;  ///< time steps; 0: the model's own number
  bool json = false;
  bool quiet = false;   ///< totals alone
  int serve_port = -1;  ///< of the page; 0: any that is free; below 0: no page
  std::string serve_host = "127.0.0.1";
};

/// Runs a model on a stream of events, a frame a time step, until it ends or SIGINT or SIGTERM
/// comes; prints a line for each step and the totals. Three frames may wait, never more. Returns
/// the exit code: 1 where the stream was broken.
int run_live(const LiveOptions& options, const runtime::Model& model);

}  // namespace staa::app
