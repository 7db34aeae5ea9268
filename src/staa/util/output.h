#pragma once

#include <filesystem>
#include <iosfwd>

namespace staa {

/// Where to speak of a file that was written to `path`: standard output, or standard error where
/// the file itself went there.
std::ostream& beside(const std::filesystem::path& path);

/// The end of a program called `program`: writes out what standard output still holds and returns
/// `code`, or says on standard error why the output is not whole and returns 1 in place of 0.
int finish_output(const char* program, int code);

}  // namespace staa
