#pragma once

#include <stdexcept>
#include <string>

namespace staa {

/// The kind of failure that an Error reports; programs derive their exit code from it.
enum class ErrorKind {
  kUsage,    ///< the caller asked for something impossible: a bad option, key or value
  kInput,    ///< the content of a file or data set is not as expected
  kIo,       ///< the system refused: missing file, full disk, no permission
  kRuntime,  ///< the work itself failed: a loss that is not finite, a mismatch of shapes
};

/// The base of all exceptions that staa throws. The message consists of whole lines that name the
/// file, line or offset, what was expected and what was found.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

  ErrorKind kind() const noexcept { return kind_; }

  /// 2 for a usage error, 1 for every other failure.
  int exit_code() const noexcept { return kind_ == ErrorKind::kUsage ? 2 : 1; }

 private:
  ErrorKind kind_;
};

}  // namespace staa
