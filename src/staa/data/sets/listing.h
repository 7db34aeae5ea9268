#pragma once

#include <filesystem>
#include <vector>

namespace staa::data {

/// Whether `path` exists. Returns false, rather than throwing, if that cannot be determined.
bool is_there(const std::filesystem::path& path);

/// The entries of a folder, sorted by name, without hidden ones (".x"). Throws Error(kIo) if the
/// folder cannot be read.
std::vector<std::filesystem::path> list_folder(const std::filesystem::path& folder);

}  // namespace staa::data
