#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "staa/events/frames.h"

namespace staa::events {

/// Frames kept on disk, one file a sample, so that a recording is integrated once. A file's name is
/// a hash of what decides its contents: a hash of the recording's bytes, the span in it and the
/// options; the file holds them as well and is passed over if they differ. So a recording that was
/// moved or copied finds its frames. Its bytes are hashed once: the hash is kept under the
/// recording's path, size and time of change, and taken to hold while these do, as `make` does.
/// A file that is cut off or damaged counts as absent. Files appear whole or not at all: any number
/// of threads and processes may fill one cache at once, and a filling that was stopped goes on.
class FrameCache {
 public:
  /// Keeps frames below `folder`, which is made when first needed. "": keeps nothing.
  explicit FrameCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }

  /// The frames of a recording: from the cache or, the first time, from the recording, which is
  /// then kept. Throws the errors of reading the recording, and Error(kIo) if the cache cannot be
  /// written.
  Frames get(const Recording& recording, const FrameOptions& options) const;

  /// The frames if they are kept. Throws Error(kIo) as get().
  std::optional<Frames> find(const Recording& recording, const FrameOptions& options) const;

 private:
  std::filesystem::path folder_;
};

/// Where frames are kept unless told otherwise: $STAA_CACHE, or staa in $XDG_CACHE_HOME or in
/// ~/.cache; "" where none of these is set.
std::filesystem::path default_cache_folder();

}  // namespace staa::events
