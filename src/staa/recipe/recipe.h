#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "staa/options/execution.h"
#include "staa/options/network.h"
#include "staa/options/neuron.h"
#include "staa/options/training.h"

namespace staa::recipe {

enum class Device { kAuto, kCpu, kCuda };
enum class Corrupt { kRefuse, kSkip };
enum class CropFill { kBlack, kReflect };
enum class Slice { kCount, kTime };

/// [data]
struct DataSection {
  std::string set = "cifar10";
  std::string path;
  bool allow_partial = false;
  std::int64_t limit_train = 0;
  std::int64_t limit_test = 0;
  std::int64_t workers = 1;
  std::int64_t frame_size = 0;
  std::string class_names;
  Corrupt corrupt = Corrupt::kRefuse;
  Slice slice = Slice::kCount;
  std::string split;
  std::string cache;
};

/// [augment]
struct AugmentSection {
  std::int64_t crop_padding = 0;
  CropFill crop_fill = CropFill::kBlack;
  bool flip = false;
  bool flip_alternate = false;
  bool autoaugment = false;
  std::int64_t cutout = 0;
  double mixup = 0;
  std::int64_t random_resized_crop = 0;
  double least_area = 0.08;
  double color_jitter = 0;
  bool geometric = false;
  bool event_drop = false;
};

/// From the start of an epoch (counted from 0), the network runs this number of time steps.
struct StepsFrom {
  std::int64_t epoch = 0;
  std::int64_t steps = 1;

  bool operator==(const StepsFrom& other) const {
    return epoch == other.epoch && steps == other.steps;
  }
};

/// [train]
struct TrainSection : train::TrainOptions {
  std::vector<StepsFrom> steps;  ///< in rising order; empty: model.steps from the start
  std::int64_t relu_epochs = 0;
  bool tensorboard = true;
};

/// All settings of a training run. keys.h documents each key and its allowed values.
struct Recipe {
  std::string description;
  std::int64_t seed = 1;
  std::int64_t threads = 0;
  Device device = Device::kAuto;
  std::int64_t device_index = -1;  ///< N of "cuda:N" for kCuda; -1: the first device
  ExecutionOptions execution{Precision::kAuto, MemoryUse::kNormal, Operators::kFused};
  DataSection data;
  AugmentSection augment;
  models::ModelOptions model;
  NeuronOptions neuron;
  TrainSection train;
  train::OptimizerOptions optimizer;  ///< [optimizer]
  train::ScheduleOptions schedule;    ///< [schedule]
};

/// Whether a data set consists of event recordings, from which frames are made.
bool is_event_set(const std::string& set);

/// Reads a recipe file, then sets the keys that `overrides` ("model.width=0.25") name. The value of
/// an override is read as TOML; a bare word is taken as a string.
///
/// Throws Error(kUsage) with one line per mistake, "FILE:LINE: what is wrong": invalid TOML, an
/// unknown key (with the nearest valid one), a wrong type, or a value out of range. Throws
/// Error(kIo) if the file cannot be read.
Recipe load_recipe(const std::filesystem::path& path,
                   const std::vector<std::string>& overrides = {});

/// The same for a text; `source` replaces the file's name in messages.
Recipe parse_recipe(const std::string& text, const std::string& source,
                    const std::vector<std::string>& overrides = {});

/// All keys with their values, as TOML that parse_recipe() reads back to the same recipe.
std::string to_toml(const Recipe& recipe);

/// A key that differs between two recipes, with both values as TOML.
struct Difference {
  std::string path;
  std::string before;
  std::string now;
};

/// All keys in which `now` differs from `before`, except those that do not affect a run's results:
/// description, threads, device, memory, location and loading of the data, evaluation batches,
/// event files, checkpoint times, and the reaction to NaN. The precision does not count either if
/// `now` leaves it to the machine.
std::vector<Difference> differences(const Recipe& before, const Recipe& now);

/// Whether check_resumable() would succeed.
bool may_go_on(const Recipe& stored, const Recipe& wanted);

/// Throws Error(kUsage) naming every key that must not change when the run in folder `run` is
/// resumed but differs between its recipe `stored` and `wanted`. Besides the keys that
/// differences() ignores, only the number of epochs and steps may change.
void check_resumable(const Recipe& stored, const Recipe& wanted, const std::string& run);

/// The documentation of one key, for `staa info` and the reference.
struct KeyDescription {
  std::string path;     ///< "train.epochs"
  std::string type;     ///< "integer", "number", "boolean", "string", "list of integers"
  std::string initial;  ///< the default, as TOML
  std::string allowed;  ///< "at least 1"
  std::string meaning;
};
std::vector<KeyDescription> describe_keys();

}  // namespace staa::recipe
