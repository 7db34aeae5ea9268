#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "staa/events/frames.h"
#include "staa/events/recording.h"
#include "staa/runtime/runtime.h"

namespace staa::app {

/// An input to classify: an image, or one frame per time step.
struct ModelInput {
  std::string name;
  const std::uint8_t* image = nullptr;  ///< [height, width, channels]
  const float* frames = nullptr;        ///< [steps, height, width, channels], if there is no image
  std::size_t steps = 0;                ///< the number of frames
  std::optional<std::size_t> label;     ///< the index of its class, if the input states it
};

struct InputOptions {
  bool fit = false;    ///< scale and crop PNG and JPEG of another shape, and convert to grey or RGB
  std::string labels;  ///< a file in idx form with a label for each image of an idx file
  events::Sensor sensor;  ///< of recordings that state none; 0x0: the size of the model's input
  events::SliceBy slice = events::SliceBy::kCount;
  std::int64_t frame_us = 0;  ///< duration of a frame; 0: divide the recording by `slice`
  std::size_t steps = 1;      ///< frames of a recording
  bool cifar10_dvs = false;   ///< .aedat files use the addresses of CIFAR10-DVS
};

/// Calls f for every sample of an input, in the model's shape. An input is one of these:
///
/// - a PNG or JPEG; it has a label if its folder has the name of a class,
/// - a folder: all PNG and JPEG below it, in the order of their paths,
/// - a file of images in idx form, which may be compressed with gzip,
/// - a .bin file of CIFAR records,
/// - "-": raw bytes [height, width, channels] on standard input, image after image,
/// - a recording in any format of src/staa/events, for a model with the two channels of events,
/// - a NumPy array with an input for each step (series.h), for any other model.
///
/// Throws Error(kInput) naming the file if it cannot be read or has another shape.
void for_samples(const std::string& input, const InputOptions& options, const runtime::Model& model,
                 const std::function<void(const ModelInput&)>& f);

}  // namespace staa::app
