#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace staa::events {

/// One gesture in a recording of DVS128 Gesture.
struct GestureSpan {
  std::int64_t label = 0;  ///< as in the file, starting at 1
  std::int64_t begin = 0;  ///< microseconds of the recording's clock
  std::int64_t end = 0;    ///< exclusive
};

/// Reads a recording's NAME_labels.csv: the line "class,startTime_usec,endTime_usec", then one
/// gesture per line. Throws Error(kIo) if the file cannot be read. Throws Error(kInput), naming
/// file and line, for another first line, a line that is not three integers, a class that is not in
/// 1 to `classes`, or an empty time span.
std::vector<GestureSpan> read_gesture_spans(const std::filesystem::path& path,
                                            std::int64_t classes);

/// Reads trials_to_train.txt or trials_to_test.txt: one recording's file name per line; blank lines
/// are ignored. Throws Error(kIo) if the file cannot be read. Throws Error(kInput), naming file and
/// line, for a name that leads out of the folder or is repeated.
std::vector<std::string> read_trials(const std::filesystem::path& path);

}  // namespace staa::events
