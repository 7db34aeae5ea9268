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

/// From the start of an epoch (counted from 0) on, the network runs so many time steps.
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

/// Everything that decides a training run. keys.h tells what each key means and what it may be.
struct Recipe {
  std::string description;
  std::int64_t seed = 1;
  std::int64_t threads = 0;
  Device device = Device::kAuto;
  std::int64_t device_index = -1;  ///< of kCuda, "cuda:N"; -1: the first of those that are there
  ExecutionOptions execution{Precision::kAuto, MemoryUse::kNormal, Operators::kFused};
  DataSection data;
  AugmentSection augment;
  models::ModelOptions model;
  NeuronOptions neuron;
  TrainSection train;
  train::OptimizerOptions optimizer;  ///< [optimizer]
  train::ScheduleOptions schedule;    ///< [schedule]
};

/// Whether data.set is one of event recordings, of which frames are made.
bool is_event_set(const std::string& set);

/// Reads a recipe file, then sets the keys that `overrides` ("model.width=0.25") name. The value of
/// an override is read as TOML; a bare word is taken as a string.
///
/// Throws Error(kUsage) with one line a mistake, "FILE:LINE: what is wrong": TOML that cannot be
/// read, an unknown key (with the nearest valid one), a wrong type, a value out of range;
/// Error(kIo) when the file cannot be read.
Recipe load_recipe(const std::filesystem::path& path,
                   const std::vector<std::string>& overrides = {});

/// The same for a text; `source` stands for the file's name in messages.
Recipe parse_recipe(const std::string& text, const std::string& source,
                    const std::vector<std::string>& overrides = {});

/// Every key with its value, as TOML that parse_recipe reads back to the same recipe.
std::string to_toml(const Recipe& recipe);

/// A key in which two recipes differ, with its values as TOML.
struct Difference {
  std::string path;
  std::string before;
  std::string now;
};

/// Every key in which `now` differs from `before`, unless it leaves the run's results as they are:
/// the description, threads, device, memory, where the data lie and who loads them, evaluation
/// batches, and when checkpoints are made; nor where `now` leaves the precision to the machine.
std::vector<Difference> differences(const Recipe& before, const Recipe& now);

/// Whether check_resumable() would pass.
bool may_go_on(const Recipe& stored, const Recipe& wanted);

/// Throws Error(kUsage) naming every key in which `wanted` differs from `stored`, the recipe of the
/// run in `run`, unless that key may change when a run goes on: threads, device, where the data lie
/// and who loads them, evaluation batches, the number of epochs and steps, when checkpoints are
/// made, and whether there are event files.
void check_resumable(const Recipe& stored, const Recipe& wanted, const std::string& run);

/// One key, for documentation and `staa info`.
struct KeyDescription {
  std::string path;     ///< "train.epochs"
  std::string type;     ///< "integer", "number", "boolean", "string", "list of integers"
  std::string initial;  ///< the default, as TOML
  std::string allowed;  ///< "at least 1"
  std::string meaning;
};
std::vector<KeyDescription> describe_keys();

}  // namespace staa::recipe
