#pragma once

#include <filesystem>
#include <string>

#include "staa/data/input.h"
#include "staa/train/checkpoint.h"

namespace staa::run {

/// What does not change in the course of a run, kept with its weights.
struct RunDescription {
  std::string recipe;  ///< as to_toml prints it
  data::InputDescription input;
};

/// As a checkpoint holds it.
train::Metadata to_metadata(const RunDescription& description);

/// The description in a file of weights or a checkpoint. Throws Error(kInput) where there is none.
RunDescription load_description(const std::filesystem::path& path);

}  // namespace staa::run
