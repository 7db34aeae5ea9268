#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace staa::events {

/// One gesture in a recording of DVS128 Gesture.
struct GestureSpan {
  std::int64_t label = 0;  ///< as the file has it, from 1
  std::int64_t begin = 0;  ///< microseconds of the recording's clock
  std::int64_t end = 0;    ///< the first one after it
};

/// Reads a recording's NAME_labels.csv: the line "class,startTime_usec,endTime_usec", then one
/// gesture a line. Throws Error(kIo) if it cannot be read, and Error(kInput) naming file and line
/// for another first line, a line of other than three whole numbers, a class not from 1 to
/// `classes`, and a time span that is empty.
std::vector<GestureSpan> read_gesture_spans(const std::filesystem::path& path,
                                            std::int64_t classes);

/// Reads trials_to_train.txt or trials_to_test.txt: one recording's file name a line, blank lines
/// left out. Throws Error(kIo) if it cannot be read, Error(kInput) naming file and line for a name
/// that leads out of the folder or is there twice.
std::vector<std::string> read_trials(const std::filesystem::path& path);

}  // namespace staa::events
