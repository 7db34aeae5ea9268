#pragma once

#include <filesystem>
#include <string>

#include "staa/data/input.h"
#include "staa/train/checkpoint.h"

namespace staa::run {

/// What stays the same throughout a run. It is stored with the weights.
struct RunDescription {
  std::string recipe;  ///< as printed by to_toml()
  data::InputDescription input;
};

/// The description as a checkpoint stores it.
train::Metadata to_metadata(const RunDescription& description);

/// Reads the description from a checkpoint or weights file. Throws Error(kInput) if it has none.
RunDescription load_description(const std::filesystem::path& path);

}  // namespace staa::run
