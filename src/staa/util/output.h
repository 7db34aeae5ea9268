#pragma once

#include <filesystem>
#include <iosfwd>

namespace staa {

/// The stream for messages about a file that was written to `path`: standard output, or standard
/// error if the file itself was written to standard output.
std::ostream& beside(const std::filesystem::path& path);

/// To be called at the end of the program named `program`. Flushes standard output and returns
/// `code`. If output could not be written, reports that on standard error and returns 1 instead of
/// 0.
int finish_output(const char* program, int code);

}  // namespace staa
