#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "staa/events/frames.h"
#include "staa/events/recording.h"
#include "staa/runtime/runtime.h"

namespace staa::app {

/// One thing to classify: an image, or a frame a time step.
struct Sample {
  std::string name;
  const std::uint8_t* image = nullptr;  ///< [height, width, channels]
  const float* frames = nullptr;     ///< [steps, height, width, channels], where there is no image
  std::size_t steps = 0;             ///< of the frames
  std::optional<std::size_t> label;  ///< its class, where the input tells
};

struct InputOptions {
  bool fit = false;       ///< PNG and JPEG of another shape: their middle, scaled, grey or RGB
  std::string labels;     ///< a file in idx form, one label an image of an idx file
  events::Sensor sensor;  ///< of recordings that do not tell; 0x0: as the model's input
  events::SliceBy slice = events::SliceBy::kCount;
  std::int64_t frame_us = 0;  ///< time of a recording's frames; 0: they share it out by `slice`
  std::size_t steps = 1;      ///< frames of a recording
  bool cifar10_dvs = false;   ///< .aedat files have the addresses of CIFAR10-DVS
};

/// Calls f for every sample of an input, in the model's shape: a PNG or JPEG; a folder of them (all
/// below it, by name; the folder an image lies in tells its class if it is called like one); a file
/// of images in idx form (gzipped or not); a .bin file of CIFAR records; "-" for raw bytes [height,
/// width, channels] on standard input, one image behind another. For a model with the two channels
/// of events: recordings in any format of src/events; for others NumPy arrays with an input for
/// each step (series.h). Throws Error(kInput) naming the file for what has another shape or cannot
/// be read.
void for_samples(const std::string& input, const InputOptions& options, const runtime::Model& model,
                 const std::function<void(const Sample&)>& f);

}  // namespace staa::app
