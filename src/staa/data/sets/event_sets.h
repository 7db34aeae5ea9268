#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "staa/data/sets/recording_set.h"

namespace staa::data {

/// Which set of event recordings to open, and how much of it.
struct EventSetOptions {
  std::string set;    ///< one of known_event_sets()
  std::string path;   ///< its folder; "": $STAA_DATA/SET
  std::string split;  ///< file that lists the training recordings; "": the published split, or the
                      ///< last tenth of each class for testing
  bool allow_partial = false;    ///< accept counts other than the published ones
  std::int64_t limit_train = 0;  ///< use at most this many training recordings, balanced; 0: all
  std::int64_t limit_test = 0;   ///< the same for testing
};

/// "cifar10-dvs", "dvs128-gesture", "n-mnist", "n-caltech101", "n-cars", "dvs-lip", "event-folder".
std::vector<std::string> known_event_sets();

/// Finds the recordings of a set without opening them. The layouts are the published ones:
///
/// - cifar10-dvs: CLASS/*.aedat, 1,000 per class; the last 100 of each, by number, are for testing
/// - dvs128-gesture: userNN_LIGHT.aedat with userNN_LIGHT_labels.csv, trials_to_train.txt and
///   trials_to_test.txt; 1,176 and 288 gestures of 11 classes
/// - n-mnist: Train/DIGIT/*.bin and Test/DIGIT/*.bin, 60,000 and 10,000; or N.bs2 with lists
///   train*.txt and test*.txt of "N DIGIT" lines
/// - n-caltech101: Caltech101/CLASS/*.bin, 101 classes; the last tenth of each by number is for
///   testing
/// - n-cars: n-cars_train/CLASS/*.dat and n-cars_test/CLASS/*.dat of the classes background and
///   cars, 15,422 and 8,607
/// - dvs-lip: train/WORD/*.npy and test/WORD/*.npy of 100 words, 14,896 and 4,975
/// - event-folder: train/CLASS/* and test/CLASS/* in any format, with staa.events.txt
///
/// A split file has one "train NAME" or "test NAME" per line, where NAME is a recording's path in
/// the folder (for cifar10-dvs and n-caltech101 only).
///
/// Throws Error(kUsage) for an unknown set, a missing path or a negative limit. Throws Error(kIo)
/// for a missing set, saying what was looked for, where, and where to get it. Throws Error(kInput)
/// for counts other than the published ones and for lists that do not fit the folder.
RecordingSplits open_recordings(const EventSetOptions& options);

}  // namespace staa::data
