#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "staa/events/frames.h"

namespace staa::events {

/// Stores frames on disk, one file per sample, so that a recording is integrated only once. A file
/// is named by a hash of everything that determines its contents: a hash of the recording's bytes,
/// the time span and the options. The file also stores these and is ignored if they differ. So a
/// recording that was moved or copied still finds its frames. The recording's bytes are hashed
/// once: the hash is stored under the recording's path, size and time of change, and is reused
/// while these stay the same. A truncated or damaged file counts as absent. Files are written
/// atomically, so that any number of threads and processes may fill one cache at once, and filling
/// can be interrupted and continued.
class FrameCache {
 public:
  /// Stores frames below `folder`, which is created on demand. "": stores nothing.
  explicit FrameCache(std::filesystem::path folder) : folder_(std::move(folder)) {}

  const std::filesystem::path& folder() const { return folder_; }

  /// The frames of a recording: from the cache, or else from the recording, in which case they are
  /// stored. Throws the errors of reading the recording, and Error(kIo) if the cache cannot be
  /// written.
  Frames get(const Recording& recording, const FrameOptions& options) const;

  /// The frames if they are stored. Throws Error(kIo) like get().
  std::optional<Frames> find(const Recording& recording, const FrameOptions& options) const;

 private:
  std::filesystem::path folder_;
};

/// The default folder for stored frames: $STAA_CACHE, or the folder staa in $XDG_CACHE_HOME or
/// ~/.cache; "" if none of these is set.
std::filesystem::path default_cache_folder();

}  // namespace staa::events
