#pragma once

#include <cstdint>
#include <string>

#include "live_frames.h"
#include "live_source.h"
#include "staa/runtime/runtime.h"

namespace staa::app {

/// What happens to a frame if the queue is full.
enum class Overflow {
  kWait,  ///< stop reading the source until there is room: for pipes and files, which can wait
  kDrop,  ///< drop the frame and count it: for cameras, which cannot wait
};

struct LiveOptions {
  LiveSource source;
  FrameRule rule;
  Overflow overflow = Overflow::kWait;
  std::size_t reset_after = 0;  ///< in time steps; 0: the model's number of steps
  bool json = false;
  bool quiet = false;   ///< print only the totals
  int serve_port = -1;  ///< of the page; 0: any free port; below 0: no page
  std::string serve_host = "127.0.0.1";
};

/// Runs a model on a stream of events, one frame per time step, until the stream ends or SIGINT or
/// SIGTERM arrives. Prints a line for each step, and the totals at the end. At most three frames
/// wait in the queue. Returns the exit code, which is 1 if the stream was broken.
int run_live(const LiveOptions& options, const runtime::Model& model);

}  // namespace staa::app
