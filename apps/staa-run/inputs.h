#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "staa/runtime/runtime.h"

namespace staa::app {

/// Calls f(name, pixels) for every image of an input, in the model's shape: a PNG or JPEG, a folder
/// of them (all below it, by name), a file of images in idx form (gzipped or not), or "-" for raw
/// bytes [height, width, channels] on standard input, one image behind another. Throws
/// Error(kInput) naming the file for an image of another shape or one that cannot be read.
void for_images(const std::string& input, const runtime::Shape& shape,
                const std::function<void(const std::string&, const std::uint8_t*)>& f);

}  // namespace staa::app
