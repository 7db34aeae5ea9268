#pragma once

#include <filesystem>
#include <vector>

namespace staa::data {

/// Whether something of this name exists; false as well where it cannot be told.
bool is_there(const std::filesystem::path& path);

/// The entries of a folder sorted by name, without hidden ones (".x"). Throws Error(kIo) if the
/// folder cannot be read.
std::vector<std::filesystem::path> list_folder(const std::filesystem::path& folder);

}  // namespace staa::data
