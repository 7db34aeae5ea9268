#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <sstream>

#include "staa/options/validate.h"
#include "staa/recipe/keys.h"
#include "staa/util/error.h"
#include "staa/util/file.h"
#include "staa/util/text.h"

namespace staa::recipe {
namespace {

std::vector<std::string> all_paths() {
  std::vector<std::string> paths;
  for (const auto& key : all_keys()) paths.push_back(key.path);
  return paths;
}

const Key* find_key(const std::string& path) {
  const auto& keys = all_keys();
  const auto found =
      std::find_if(keys.begin(), keys.end(), [&](const Key& key) { return key.path == path; });
  return found == keys.end() ? nullptr : &*found;
}

bool is_table(const std::string& name) {
  const auto& keys = all_keys();
  return std::any_of(keys.begin(), keys.end(),
                     [&](const Key& key) { return key.path.rfind(name + ".", 0) == 0; });
}

/// Sets a retired key so that old recipes keep their meaning. Such recipes had no parameter
/// classes: weight decay applied to all parameters, and GC's value convolution used the common
/// learning rate. Returns false for any other key.
bool set_retired(Recipe& recipe, const std::string& path, const toml::node& node) {
  if (path != "optimizer.neuron_lr") return false;
  const auto factor = node.value<double>();
  if (!factor || !contains(staa::at_least(0), *factor)) return false;
  auto& o = recipe.optimizer;
  o.neuron_vector.lr = o.neuron_matrix.lr = *factor;
  o.norm_scale.decay = o.norm_shift.decay = o.neuron_vector.decay = 1;
  o.scale_gc_value = false;
  return true;
}

std::string last_part(const std::string& path) { return path.substr(path.rfind('.') + 1); }

/// Text such as ", did you mean 'train.epochs'?". A key with the same name in another table is
/// preferred to a key with a similar name.
std::string suggestion(const std::string& path) {
  const auto name = last_part(path);
  for (const auto& key : all_keys()) {
    if (last_part(key.path) == name) return fmt::format(", did you mean '{}'?", key.path);
  }
  auto meant = did_you_mean(path, all_paths());
  if (!meant.empty()) return meant;
  std::vector<std::string> names;
  for (const auto& key : all_keys()) names.push_back(last_part(key.path));
  const auto near = nearest(name, names);
  if (near.empty()) return "";
  for (const auto& key : all_keys()) {
    if (last_part(key.path) == near) return fmt::format(", did you mean '{}'?", key.path);
  }
  return "";
}

/// Describes what was found, for messages: `a string "3"`.
std::string describe(const toml::node& node) {
  std::ostringstream out;
  if (node.is_table()) return "a table";
  if (node.is_array()) {
    out << *node.as_array();
    return "a list " + out.str();
  }
  if (node.is_string()) {
    out << *node.as_string();
    return "a string " + out.str();
  }
  if (node.is_integer()) return fmt::format("an integer {}", node.as_integer()->get());
  if (node.is_floating_point()) {
    return fmt::format("a number {}", node.as_floating_point()->get());
  }
  if (node.is_boolean()) return node.as_boolean()->get() ? "true" : "false";
  return "a date or time";
}

/// Reads [[epoch, T], ...]; returns nothing if the list has another form.
std::optional<Value> steps_from(const toml::array& list) {
  std::vector<StepsFrom> values;
  for (const auto& item : list) {
    const auto* pair = item.as_array();
    if (pair == nullptr || pair->size() != 2) return std::nullopt;
    if (!(*pair)[0].is_integer() || !(*pair)[1].is_integer()) return std::nullopt;
    values.push_back({(*pair)[0].as_integer()->get(), (*pair)[1].as_integer()->get()});
  }
  return Value(values);
}

/// Converts the node to the key's type; returns nothing if that is impossible.
std::optional<Value> convert(const Key& key, const toml::node& node) {
  switch (key.type) {
    case ValueType::kBoolean:
      if (const auto* v = node.as_boolean()) return Value(v->get());
      break;
    case ValueType::kInteger:
      if (const auto* v = node.as_integer()) return Value(v->get());
      break;
    case ValueType::kNumber:
      if (const auto* v = node.as_integer()) return Value(static_cast<double>(v->get()));
      if (const auto* v = node.as_floating_point()) return Value(v->get());
      break;
    case ValueType::kString:
    case ValueType::kChoice:
      if (const auto* v = node.as_string()) return Value(v->get());
      break;
    case ValueType::kIntegers:
      if (const auto* list = node.as_array()) {
        std::vector<std::int64_t> values;
        for (const auto& item : *list) {
          if (!item.is_integer()) return std::nullopt;
          values.push_back(item.as_integer()->get());
        }
        return Value(values);
      }
      break;
    case ValueType::kStepsFrom:
      if (const auto* list = node.as_array()) return steps_from(*list);
      break;
  }
  return std::nullopt;
}

/// Describes what is wrong with the value; "" if it is valid.
std::string check(const Key& key, const Value& value) {
  const auto out_of_range = [&](double number, const std::string& printed) -> std::string {
    if (contains(key.range, number)) return "";
    const auto range = staa::describe(key.range);
    return fmt::format("'{}': expected {}, found {}", key.path,
                       range.empty() ? "a finite number" : range, printed);
  };
  if (const auto* number = std::get_if<std::int64_t>(&value)) {
    return out_of_range(static_cast<double>(*number), print_value(value));
  }
  if (const auto* number = std::get_if<double>(&value)) {
    return out_of_range(*number, print_value(value));
  }
  if (const auto* list = std::get_if<std::vector<std::int64_t>>(&value)) {
    for (const auto item : *list) {
      auto wrong = out_of_range(static_cast<double>(item), std::to_string(item));
      if (!wrong.empty()) return wrong;
    }
  }
  if (key.type == ValueType::kChoice) {
    const auto& text = std::get<std::string>(value);
    if (!key.in_choices(text)) {
      return fmt::format("'{}': expected {}, found \"{}\"{}", key.path, key.type_name(), text,
                         did_you_mean(text, key.choices));
    }
  }
  return "";
}

class Parser {
 public:
  explicit Parser(Recipe& recipe) : recipe_(recipe) {}

  void read_file(const std::string& text, const std::string& source) {
    try {
      read_table(toml::parse(text, source), "", [&](const toml::node& node) {
        return fmt::format("{}:{}", source, node.source().begin.line);
      });
    } catch (const toml::parse_error& error) {
      const auto at = error.source().begin;
      add(fmt::format("{}:{}:{}", source, at.line, at.column), std::string(error.description()));
    }
  }

  void read_override(const std::string& text) {
    const auto source = "--set " + text;
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0) {
      return add(source, "expected key=value");
    }
    const auto path = text.substr(0, equals);
    const auto value = text.substr(equals + 1);
    const Key* key = find_key(path);
    if (key == nullptr) return unknown(source, path);
    // A string or choice needs no quotes on the command line.
    if (key->type == ValueType::kString || key->type == ValueType::kChoice) {
      const bool quoted = !value.empty() && (value[0] == '"' || value[0] == '\'');
      if (!quoted) return set(source, *key, toml::value<std::string>(value));
    }
    try {
      const auto table = toml::parse("value = " + value);
      if (table.size() != 1) return add(source, "expected a single value");
      set(source, *key, *table.get("value"));
    } catch (const toml::parse_error&) {
      add(source, fmt::format("'{}': expected {}, found {}", path, key->type_name(), value));
    }
  }

  /// Throws one error with all mistakes, one per line, if there are any.
  void finish() const {
    if (errors_.empty()) return;
    std::string joined;
    for (const auto& error : errors_) joined += (joined.empty() ? "" : "\n") + error;
    throw Error(ErrorKind::kUsage, joined);
  }

  void check_whole(const std::string& source) {
    if (!errors_.empty()) return;
    const auto check_options = [&](const char* table, const auto& options) {
      try {
        validate(options);
      } catch (const Error& error) {
        add(source, fmt::format("[{}] {}", table, error.what()));
      }
    };
    check_options("neuron", recipe_.neuron);
    check_options("model", recipe_.model);
    if (recipe_.model.whitening && is_event_set(recipe_.data.set)) {
      add(source, "'model.whitening': is of still images, and data.set has recordings");
    }
    const auto& schedule = recipe_.schedule;
    if (!std::is_sorted(schedule.milestones.begin(), schedule.milestones.end())) {
      add(source, "'schedule.milestones': expected epochs in rising order");
    }
    if (schedule.kind == train::ScheduleKind::kStep && schedule.milestones.empty()) {
      add(source, "'schedule.milestones': schedule.kind = \"step\" needs at least one epoch");
    }
    if (schedule.warmup_epochs >= static_cast<double>(recipe_.train.epochs)) {
      add(source, fmt::format("'schedule.warmup_epochs': expected less than train.epochs = {}, "
                              "found {}",
                              recipe_.train.epochs, schedule.warmup_epochs));
    }
    const bool falls = schedule.kind == train::ScheduleKind::kCosine ||
                       schedule.kind == train::ScheduleKind::kLinear;
    if (falls && schedule.min_lr > recipe_.optimizer.lr) {
      add(source, fmt::format("'schedule.min_lr': expected at most optimizer.lr = {}, found {}",
                              recipe_.optimizer.lr, schedule.min_lr));
    }
    check_phases(source);
    if (recipe_.optimizer.nesterov && recipe_.optimizer.momentum == 0) {
      add(source, "'optimizer.nesterov': needs a momentum above 0");
    }
    check_set(source);
  }

 private:
  /// Checks train.steps and train.relu_epochs.
  void check_phases(const std::string& source) {
    const auto& train = recipe_.train;
    if (train.relu_epochs > 0 && recipe_.neuron.activation == Activation::kRelu) {
      add(source, "'train.relu_epochs': neuron.activation = \"relu\" has no spikes to follow");
    }
    if (train.relu_epochs >= train.epochs) {
      add(source, fmt::format("'train.relu_epochs': expected less than train.epochs = {}, found {}",
                              train.epochs, train.relu_epochs));
    }
    if (train.distill > 0 && train.relu_epochs == 0) {
      add(source, "'train.distill': needs train.relu_epochs, whose network teaches");
    }
    if (recipe_.schedule.restart && train.relu_epochs == 0) {
      add(source, "'schedule.restart': needs train.relu_epochs, after which it begins anew");
    }
    if (train.steps.empty()) return;
    if (is_event_set(recipe_.data.set)) {
      add(source, "'train.steps': the frames of event recordings are model.steps throughout");
    }
    std::int64_t before = -1;
    std::int64_t least = 1;
    for (const auto& [epoch, steps] : train.steps) {
      if (epoch <= before || (before < 0 && epoch != 0)) {
        add(source, "'train.steps': expected epochs in rising order, the first of them 0");
        break;
      }
      before = epoch;
      if (steps < least) {
        add(source,
            fmt::format("'train.steps': expected T to grow, found {} after {}", steps, least));
      }
      least = std::max(least, steps);
      if (steps < 1 || steps > recipe_.model.steps) {
        add(source, fmt::format("'train.steps': expected 1 to model.steps = {}, found {}",
                                recipe_.model.steps, steps));
      }
    }
    if (train.steps.back().steps != recipe_.model.steps) {
      add(source, fmt::format("'train.steps': expected to end at model.steps = {}, found {}",
                              recipe_.model.steps, train.steps.back().steps));
    }
    if (train.steps.back().epoch >= train.epochs) {
      add(source, fmt::format("'train.steps': expected epochs below train.epochs = {}, found {}",
                              train.epochs, train.steps.back().epoch));
    }
  }

  /// Refuses keys that the data set cannot support, instead of ignoring them.
  void check_set(const std::string& source) {
    const auto& set = recipe_.data.set;
    const bool events = is_event_set(set);
    const auto refuse = [&](const char* key, const char* kind) {
      add(source,
          fmt::format("'{}': is of {}, which data.set = \"{}\" does not give", key, kind, set));
    };
    if (recipe_.data.frame_size > 0 && !events) refuse("data.frame_size", "event frames");
    if (recipe_.data.slice != Slice::kCount && !events) refuse("data.slice", "event frames");
    if (!recipe_.data.cache.empty() && !events) refuse("data.cache", "event frames");
    if (!recipe_.data.split.empty() && set != "cifar10-dvs" && set != "n-caltech101") {
      refuse("data.split", "sets without a published split");
    }
    if (recipe_.augment.geometric && !events) refuse("augment.geometric", "event frames");
    if (recipe_.augment.event_drop && !events) refuse("augment.event_drop", "event frames");
    if (recipe_.augment.crop_fill != CropFill::kBlack && events) {
      refuse("augment.crop_fill", "still images");
    }
    if (recipe_.augment.flip_alternate && events) refuse("augment.flip_alternate", "still images");
    if (recipe_.augment.flip_alternate && !recipe_.augment.flip) {
      add(source, "'augment.flip_alternate': needs augment.flip = true");
    }
    if (recipe_.augment.autoaugment && events) refuse("augment.autoaugment", "still images");
    if (recipe_.augment.color_jitter > 0 && events) refuse("augment.color_jitter", "still images");
    const bool photos = set == "imagenet" || set == "image-folder";
    const bool cropped = recipe_.augment.random_resized_crop > 0;
    if (cropped && !photos) refuse("augment.random_resized_crop", "images of many sizes");
    if (!cropped && set == "imagenet") {
      add(source,
          "'augment.random_resized_crop': data.set = \"imagenet\" has images of many sizes and "
          "needs "
          "the edge to crop to, such as 224");
    }
    if (!recipe_.data.class_names.empty() && !(photos && cropped)) {
      refuse("data.class_names", "folders of photographs");
    }
  }

  template <typename Where>
  void read_table(const toml::table& table, const std::string& prefix, const Where& where) {
    for (const auto& [name, node] : table) {
      const auto path = prefix + std::string(name.str());
      if (const Key* key = find_key(path)) {
        set(where(node), *key, node);
      } else if (node.is_table() && prefix.empty() && is_table(path)) {
        read_table(*node.as_table(), path + ".", where);
      } else if (!set_retired(recipe_, path, node)) {
        unknown(where(node), path, node.is_table());
      }
    }
  }

  void set(const std::string& where, const Key& key, const toml::node& node) {
    const auto value = convert(key, node);
    if (!value) {
      return add(where, fmt::format("'{}': expected {}, found {}", key.path, key.type_name(),
                                    describe(node)));
    }
    const auto wrong = check(key, *value);
    if (!wrong.empty()) return add(where, wrong);
    key.set(recipe_, *value);
  }

  void unknown(const std::string& where, const std::string& path, bool table = false) {
    if (table) {
      std::vector<std::string> tables;
      for (const auto& key : all_keys()) {
        const auto dot = key.path.find('.');
        if (dot != std::string::npos) tables.push_back(key.path.substr(0, dot));
      }
      return add(where, fmt::format("unknown table [{}]{}", path, did_you_mean(path, tables)));
    }
    add(where, fmt::format("unknown key '{}'{}", path, suggestion(path)));
  }

  void add(const std::string& where, const std::string& what) {
    errors_.push_back(where + ": " + what);
  }

  Recipe& recipe_;
  std::vector<std::string> errors_;
};

}  // namespace

Recipe parse_recipe(const std::string& text, const std::string& source,
                    const std::vector<std::string>& overrides) {
  Recipe recipe;
  Parser parser(recipe);
  parser.read_file(text, source);
  for (const auto& item : overrides) parser.read_override(item);
  parser.check_whole(source);
  parser.finish();
  return recipe;
}

Recipe load_recipe(const std::filesystem::path& path, const std::vector<std::string>& overrides) {
  return parse_recipe(read_text_file(path, 1 << 20), path.string(), overrides);
}

}  // namespace staa::recipe
