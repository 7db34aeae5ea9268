#include "staa/recipe/keys.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "staa/options/names.h"
#include "staa/options/network_table.h"
#include "staa/options/neuron_table.h"
#include "staa/util/text.h"

namespace staa::recipe {
namespace {

using train::BudgetScope;
using train::LossKind;
using train::OnNan;
using train::OptimizerKind;
using train::ScheduleKind;
using train::SpikeCost;

const NameTable<Device>& names_of(Device) {
  static const NameTable<Device> table{
      {Device::kAuto, "auto"}, {Device::kCpu, "cpu"}, {Device::kCuda, "cuda"}};
  return table;
}

const NameTable<SpikeCost>& names_of(SpikeCost) {
  static const NameTable<SpikeCost> table{{SpikeCost::kRate, "rate"},
                                          {SpikeCost::kAccumulates, "accumulates"}};
  return table;
}

const NameTable<BudgetScope>& names_of(BudgetScope) {
  static const NameTable<BudgetScope> table{{BudgetScope::kNetwork, "network"},
                                            {BudgetScope::kLayer, "layer"}};
  return table;
}

const NameTable<LossKind>& names_of(LossKind) {
  static const NameTable<LossKind> table{{LossKind::kMean, "mean"}, {LossKind::kTet, "tet"}};
  return table;
}

const NameTable<Corrupt>& names_of(Corrupt) {
  static const NameTable<Corrupt> table{{Corrupt::kRefuse, "refuse"}, {Corrupt::kSkip, "skip"}};
  return table;
}

const NameTable<OnNan>& names_of(OnNan) {
  static const NameTable<OnNan> table{{OnNan::kStop, "stop"}, {OnNan::kSkip, "skip"}};
  return table;
}

const NameTable<OptimizerKind>& names_of(OptimizerKind) {
  static const NameTable<OptimizerKind> table{{OptimizerKind::kSgd, "sgd"},
                                              {OptimizerKind::kAdamW, "adamw"},
                                              {OptimizerKind::kMuon, "muon"}};
  return table;
}

const NameTable<CropFill>& names_of(CropFill) {
  static const NameTable<CropFill> table{{CropFill::kBlack, "black"},
                                         {CropFill::kReflect, "reflect"}};
  return table;
}

const NameTable<ScheduleKind>& names_of(ScheduleKind) {
  static const NameTable<ScheduleKind> table{{ScheduleKind::kCosine, "cosine"},
                                             {ScheduleKind::kStep, "step"},
                                             {ScheduleKind::kConstant, "constant"},
                                             {ScheduleKind::kLinear, "linear"}};
  return table;
}

const NameTable<Slice>& names_of(Slice) {
  static const NameTable<Slice> table{{Slice::kCount, "count"}, {Slice::kTime, "time"}};
  return table;
}

template <typename T>
constexpr ValueType type_of() {
  if constexpr (std::is_same_v<T, bool>)
    return ValueType::kBoolean;
  else if constexpr (std::is_same_v<T, std::int64_t>)
    return ValueType::kInteger;
  else if constexpr (std::is_same_v<T, double>)
    return ValueType::kNumber;
  else if constexpr (std::is_same_v<T, std::string>)
    return ValueType::kString;
  else if constexpr (std::is_enum_v<T>)
    return ValueType::kChoice;
  else if constexpr (std::is_same_v<T, std::vector<StepsFrom>>)
    return ValueType::kStepsFrom;
  else
    return ValueType::kIntegers;
}

/// Makes a key for the member that `member(recipe)` refers to. The key's type follows from the
/// member's.
template <typename Member>
Key key(std::string path, std::string meaning, Member member) {
  using T = std::decay_t<decltype(member(std::declval<Recipe&>()))>;
  Key k;
  k.path = std::move(path);
  k.type = type_of<T>();
  k.meaning = std::move(meaning);
  if constexpr (std::is_enum_v<T>) {
    for (const auto& [value, name] : names_of(T{})) k.choices.push_back(name);
    k.get = [member](const Recipe& r) -> Value {
      for (const auto& [value, name] : names_of(T{})) {
        if (value == member(r)) return name;
      }
      return std::string();
    };
    k.set = [member](Recipe& r, const Value& v) {
      for (const auto& [value, name] : names_of(T{})) {
        if (name == std::get<std::string>(v)) member(r) = value;
      }
    };
  } else {
    k.get = [member](const Recipe& r) -> Value { return member(r); };
    k.set = [member](Recipe& r, const Value& v) { member(r) = std::get<T>(v); };
  }
  return k;
}

Key within(const Range& range, Key k) {
  k.range = range;
  return k;
}

Key at_least(double low, Key k) { return within(staa::at_least(low), std::move(k)); }
Key above(double low, Key k) { return within(staa::above(low), std::move(k)); }
Key between(double low, double high, Key k) {
  return within(staa::between(low, high), std::move(k));
}

// Gives a member of a Recipe or of a const Recipe.
#define STAA_MEMBER(path) \
  [](auto& r) -> auto& { return r.path; }  // NOLINT(*-macro-parentheses)

Key device_key() {
  Key k =
      key("device", "Where the network runs; auto: CUDA where there is one, cuda:N: its device N",
          STAA_MEMBER(device));
  k.numbered = "cuda";
  const auto kind_of = k.get;
  const auto set_kind = k.set;
  k.get = [kind_of](const Recipe& r) -> Value {
    auto name = std::get<std::string>(kind_of(r));
    return r.device_index < 0 ? name : fmt::format("{}:{}", name, r.device_index);
  };
  k.set = [set_kind](Recipe& r, const Value& v) {
    const auto& text = std::get<std::string>(v);
    const auto colon = std::min(text.find(':'), text.size());
    set_kind(r, text.substr(0, colon));
    r.device_index = colon == text.size() ? -1 : std::stoll(text.substr(colon + 1));
  };
  return k;
}

std::vector<Key> top_keys() {
  return {
      key("description", "What the recipe is for", STAA_MEMBER(description)),
      at_least(0, key("seed", "Every random draw of the run follows from it", STAA_MEMBER(seed))),
      between(0, 1024,
              key("threads", "Threads of tensor operations; 0: OMP_NUM_THREADS or all cores",
                  STAA_MEMBER(threads))),
      device_key(),
      key("precision",
          "What convolutions compute in; auto: bf16 where it is measured faster, else fp32",
          STAA_MEMBER(execution.precision)),
      key("memory", "low: convolutions are computed again in the backward pass, not kept",
          STAA_MEMBER(execution.memory)),
      key("operators", "reference: a plain composition of LibTorch's calls, slow, for comparison",
          STAA_MEMBER(execution.operators)),
  };
}

std::vector<Key> data_keys() {
  Key set = key("data.set", "The data set", STAA_MEMBER(data.set));
  set.type = ValueType::kChoice;
  set.choices = {"cifar10",  "cifar100",    "mnist",          "fashion-mnist", "image-folder",
                 "imagenet", "cifar10-dvs", "dvs128-gesture", "n-mnist",       "n-caltech101",
                 "n-cars",   "dvs-lip",     "event-folder"};
  return {
      set,
      key("data.path", "Its folder; empty: $STAA_DATA/SET or where the system's package puts it",
          STAA_MEMBER(data.path)),
      key("data.allow_partial", "Accept a number of samples that differs from the published one",
          STAA_MEMBER(data.allow_partial)),
      at_least(0, key("data.limit_train", "Use so many training samples, balanced; 0: all",
                      STAA_MEMBER(data.limit_train))),
      at_least(0, key("data.limit_test", "Use so many test samples, balanced; 0: all",
                      STAA_MEMBER(data.limit_test))),
      between(0, 256,
              key("data.workers", "Threads that load and augment; 0: none of their own",
                  STAA_MEMBER(data.workers))),
      between(0, 4096,
              key("data.frame_size", "Height and width of event frames; 0: the sensor's",
                  STAA_MEMBER(data.frame_size))),
      key("data.class_names",
          "File of lines \"FOLDER NAME\" (photographs); empty: the folders' names",
          STAA_MEMBER(data.class_names)),
      key("data.corrupt",
          "A sample that cannot be decoded: refuse it, or skip, report and count it",
          STAA_MEMBER(data.corrupt)),
      key("data.slice", "Event frames end after equal counts of events, or equal times",
          STAA_MEMBER(data.slice)),
      key("data.split", "File of \"train NAME\" and \"test NAME\" lines; empty: as published",
          STAA_MEMBER(data.split)),
      key("data.cache", "Folder that keeps event frames; empty: of the user; none: keep none",
          STAA_MEMBER(data.cache)),
  };
}

std::vector<Key> augment_keys() {
  return {
      between(0, 1024,
              key("augment.crop_padding", "Random crop after padding by so many pixels",
                  STAA_MEMBER(augment.crop_padding))),
      key("augment.crop_fill", "What lies around a cropped image: black, or its reflection",
          STAA_MEMBER(augment.crop_fill)),
      key("augment.flip", "Mirror left and right with probability 1/2", STAA_MEMBER(augment.flip)),
      key("augment.flip_alternate", "With flip: mirror every still image in every second epoch",
          STAA_MEMBER(augment.flip_alternate)),
      key("augment.autoaugment", "The AutoAugment policy for CIFAR-10",
          STAA_MEMBER(augment.autoaugment)),
      between(0, 4096,
              key("augment.cutout", "Edge of a square that is blanked; 0: none",
                  STAA_MEMBER(augment.cutout))),
      between(0, 100,
              key("augment.mixup", "Alpha of mixup's Beta distribution; 0: off",
                  STAA_MEMBER(augment.mixup))),
      between(0, 4096,
              key("augment.random_resized_crop",
                  "Edge of a random crop of random size (photographs); 0: off",
                  STAA_MEMBER(augment.random_resized_crop))),
      between(0, 1,
              key("augment.least_area", "Of a random crop of random size, as a share of the image",
                  STAA_MEMBER(augment.least_area))),
      between(0, 1,
              key("augment.color_jitter",
                  "Brightness, contrast and colour change by up to this share; 0: off",
                  STAA_MEMBER(augment.color_jitter))),
      key("augment.geometric", "One random geometric change a sample (event frames)",
          STAA_MEMBER(augment.geometric)),
      key("augment.event_drop", "Drop events by time, by area or at random before they are summed",
          STAA_MEMBER(augment.event_drop)),
  };
}

/// Joins a help text and its reference to the paper: "HELP (PAPER)".
std::string with_note(const std::string& help, const std::string& note) {
  return note.empty() ? help : fmt::format("{} ({})", help, note);
}

/// Makes a key for an option of a table. `section(recipe)` is the struct that holds the option.
template <class Option, class Section>
Key option_key(const std::string& table, const Option& option, const std::string& note,
               Section section) {
  const auto member = option.member;
  return within(option.range, key(
                                  table + option.name, with_note(option.help, note),
                                  [ member, section ](auto& recipe) -> auto& {
                                    return section(recipe).*member;
                                  }));
}

std::vector<Key> model_keys() {
  Key network = key("model.network", "The network", STAA_MEMBER(model.network));
  network.type = ValueType::kChoice;
  network.choices = network_names();
  std::vector<Key> keys{network};
  for_each_model_option([&](const auto& option, const std::string& owner) {
    keys.push_back(option_key("model.", option, owner, STAA_MEMBER(model)));
  });
  return keys;
}

std::vector<Key> neuron_keys() {
  std::vector<Key> keys{
      key("neuron.kind", "The neuron (Eq. 1-3, Eq. 6, Eq. 7-14)", STAA_MEMBER(neuron.kind))};
  for_each_neuron_option([&](NeuronPart, const auto& option) {
    keys.push_back(option_key("neuron.", option, option.paper, STAA_MEMBER(neuron)));
  });
  return keys;
}

std::vector<Key> train_keys() {
  Key smoothing = between(0, 1,
                          key("train.label_smoothing", "Share of the target spread evenly",
                              STAA_MEMBER(train.label_smoothing)));
  return {
      between(1, 1e6,
              key("train.epochs", "Passes over the training set", STAA_MEMBER(train.epochs))),
      between(1, 1 << 20, key("train.batch", "Samples a training step", STAA_MEMBER(train.batch))),
      between(0, 1 << 20,
              key("train.eval_batch", "Samples an evaluation step; 0: as train.batch",
                  STAA_MEMBER(train.eval_batch))),
      key("train.steps", "[[epoch, T], ...]: T that grows to model.steps; empty: model.steps",
          STAA_MEMBER(train.steps)),
      at_least(0, key("train.relu_epochs", "First epochs with ReLU in place of spikes",
                      STAA_MEMBER(train.relu_epochs))),
      above(0, key("train.phase_lr", "Factor on the learning rate once spikes or a larger T begin",
                   STAA_MEMBER(train.phase_lr))),
      between(0, 1,
              key("train.distill",
                  "Share of the targets that the network as it was with ReLU gives the one with "
                  "spikes",
                  STAA_MEMBER(train.distill))),
      within({0, std::nextafter(1.0, 0.0)},
             key("train.ema", "Decay a step of averaged weights, which are evaluated; 0: off",
                 STAA_MEMBER(train.ema))),
      key("train.loss", "mean: cross entropy of the mean output; tet: TET",
          STAA_MEMBER(train.loss)),
      between(0, 1,
              key("train.tet_lambda", "Weight of TET's squared distance",
                  STAA_MEMBER(train.tet_lambda))),
      smoothing,
      at_least(0, key("train.clip_norm", "Largest 2-norm of all gradients; 0: no limit",
                      STAA_MEMBER(train.clip_norm))),
      between(
          0, 1,
          key("train.spike_budget", "Firing rate beyond which spikes are penalised; 0: no budget",
              STAA_MEMBER(train.spike_budget.target))),
      key("train.spike_budget_cost",
          "rate: spikes of all neurons alike; accumulates: by what each costs the convolutions",
          STAA_MEMBER(train.spike_budget.cost)),
      key("train.spike_budget_scope", "What keeps to the budget: the network's mean, or each layer",
          STAA_MEMBER(train.spike_budget.scope)),
      at_least(0, key("train.spike_budget_weight", "Weight of the penalty beside the loss",
                      STAA_MEMBER(train.spike_budget.weight))),
      at_least(0, key("train.spike_budget_ramp",
                      "First epochs with spikes over which the penalty's weight grows from 0",
                      STAA_MEMBER(train.spike_budget.ramp_epochs))),
      at_least(0, key("train.checkpoint_steps",
                      "A checkpoint every so many steps; 0: at the end of each epoch alone",
                      STAA_MEMBER(train.checkpoint_steps))),
      at_least(0, key("train.checkpoint_minutes",
                      "A checkpoint whenever so many minutes have gone by; 0: by steps alone",
                      STAA_MEMBER(train.checkpoint_minutes))),
      key("train.on_nan", "A loss or gradient that is not finite: stop, or leave out that step",
          STAA_MEMBER(train.on_nan)),
      key("train.sync_batch_norm", "BatchNorm's statistics over the batches of all processes",
          STAA_MEMBER(train.sync_batch_norm)),
      at_least(
          0, key("train.loss_scale",
                 "First factor on the loss for the backward pass, which follows the gradients; 0: "
                 "65536 in fp16, else none",
                 STAA_MEMBER(train.loss_scale))),
      at_least(0, key("train.max_steps", "End after so many steps in all; 0: no limit",
                      STAA_MEMBER(train.max_steps))),
      key("train.tensorboard", "Event files for TensorBoard in the run's folder",
          STAA_MEMBER(train.tensorboard)),
  };
}

std::vector<Key> optimizer_keys() {
  const auto beta = [](Key k) {
    k.range = {0, std::nextafter(1.0, 0.0)};
    return k;
  };
  Key rest = key("optimizer.rest", "With Muon: what trains all other parameters",
                 STAA_MEMBER(optimizer.rest));
  rest.choices = {"sgd", "adamw"};
  std::vector<Key> keys{
      key("optimizer.kind", "SGD with momentum, AdamW, or Muon for the weights of convolutions",
          STAA_MEMBER(optimizer.kind)),
      above(0, key("optimizer.lr", "Learning rate after the warm-up", STAA_MEMBER(optimizer.lr))),
      beta(key("optimizer.momentum", "Of SGD and Muon", STAA_MEMBER(optimizer.momentum))),
      key("optimizer.nesterov", "Nesterov's momentum, of SGD; Muon's is always",
          STAA_MEMBER(optimizer.nesterov)),
      at_least(0, key("optimizer.weight_decay",
                      "Times the factor of the parameter's class; Muon's weights have none",
                      STAA_MEMBER(optimizer.weight_decay))),
      beta(key("optimizer.beta1", "Of AdamW", STAA_MEMBER(optimizer.beta1))),
      beta(key("optimizer.beta2", "Of AdamW", STAA_MEMBER(optimizer.beta2))),
      above(0, key("optimizer.eps", "Of AdamW", STAA_MEMBER(optimizer.eps))),
      rest,
      above(0, key("optimizer.rest_lr", "With Muon: learning rate of all other parameters",
                   STAA_MEMBER(optimizer.rest_lr))),
      beta(key("optimizer.rest_momentum", "With Muon: momentum of SGD for all other parameters",
               STAA_MEMBER(optimizer.rest_momentum))),
  };
  const auto factors = [&](const std::string& name, const std::string& what, auto member) {
    keys.push_back(at_least(0, key(
                                   "optimizer." + name + "_lr",
                                   "Factor on the rate: " + what, [member](auto& r) -> auto& {
                                     return member(r).lr;
                                   })));
    keys.push_back(at_least(0, key(
                                   "optimizer." + name + "_decay",
                                   "Factor on weight_decay: " + what, [member](auto& r) -> auto& {
                                     return member(r).decay;
                                   })));
  };
  factors("convolution", "convolutions", STAA_MEMBER(optimizer.convolution));
  factors("head", "the linear layer", STAA_MEMBER(optimizer.head));
  factors("norm_scale", "BatchNorm's scales", STAA_MEMBER(optimizer.norm_scale));
  factors("norm_shift", "BatchNorm's shifts", STAA_MEMBER(optimizer.norm_shift));
  factors("neuron_vector", "PE, LayerNorms and biases of neurons",
          STAA_MEMBER(optimizer.neuron_vector));
  factors("neuron_matrix", "matrices of GC and SA", STAA_MEMBER(optimizer.neuron_matrix));
  keys.push_back(key("optimizer.scale_gc_value",
                     "A smaller rate for GC's value convolution, by its channels",
                     STAA_MEMBER(optimizer.scale_gc_value)));
  return keys;
}

std::vector<Key> schedule_keys() {
  return {
      key("schedule.kind", "How the learning rate falls", STAA_MEMBER(schedule.kind)),
      at_least(0, key("schedule.warmup_epochs", "Linear rise from 0 over so many epochs",
                      STAA_MEMBER(schedule.warmup_epochs))),
      at_least(0,
               key("schedule.min_lr", "Where cosine and linear end", STAA_MEMBER(schedule.min_lr))),
      key("schedule.restart",
          "Cosine and linear: fall once over train.relu_epochs and once more with spikes",
          STAA_MEMBER(schedule.restart)),
      at_least(1, key("schedule.milestones", "Epochs at which step multiplies by gamma",
                      STAA_MEMBER(schedule.milestones))),
      between(0, 1, key("schedule.gamma", "Of step", STAA_MEMBER(schedule.gamma))),
  };
}

#undef STAA_MEMBER

}  // namespace

bool is_event_set(const std::string& set) {
  static const std::set<std::string> sets{"cifar10-dvs",  "dvs128-gesture", "n-mnist",
                                          "n-caltech101", "n-cars",         "dvs-lip",
                                          "event-folder"};
  return sets.count(set) > 0;
}

const std::vector<Key>& all_keys() {
  static const std::vector<Key> keys = [] {
    std::vector<Key> all;
    for (auto* section : {top_keys, data_keys, augment_keys, model_keys, neuron_keys, train_keys,
                          optimizer_keys, schedule_keys}) {
      for (auto& k : section()) all.push_back(std::move(k));
    }
    return all;
  }();
  return keys;
}

std::string Key::type_name() const {
  switch (type) {
    case ValueType::kBoolean:
      return "true or false";
    case ValueType::kInteger:
      return "an integer";
    case ValueType::kNumber:
      return "a number";
    case ValueType::kString:
      return "a string";
    case ValueType::kChoice:
      return "one of " + join_choices(choices) +
             (numbered.empty() ? "" : fmt::format(", or {}:NUMBER", numbered));
    case ValueType::kIntegers:
      return "a list of integers";
    case ValueType::kStepsFrom:
      return "a list of [epoch, T], such as [[0, 1], [14, 2]]";
  }
  return "";
}

bool Key::in_choices(const std::string& word) const {
  if (std::find(choices.begin(), choices.end(), word) != choices.end()) return true;
  const auto colon = word.find(':');
  if (numbered.empty() || word.substr(0, colon) != numbered) return false;
  // Two digits are enough: no machine has more than 100 devices.
  const auto number = colon == std::string::npos ? "" : word.substr(colon + 1);
  return !number.empty() && number.size() <= 2 &&
         std::all_of(number.begin(), number.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace staa::recipe
