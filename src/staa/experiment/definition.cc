#include "staa/experiment/definition.h"

#include "staa/util/error.h"
#include "staa/util/text.h"

namespace staa::experiment {
namespace {

/// The item with that name. Throws Error(kUsage) naming the nearest one if there is none.
template <typename Item>
const Item& find(const std::vector<Item>& items, const std::string& name, const std::string& what) {
  std::vector<std::string> names;
  for (const auto& item : items) {
    if (item.name == name) return item;
    names.push_back(item.name);
  }
  const auto meant = did_you_mean(name, names);
  fail(ErrorKind::kUsage, "unknown {} '{}'{}", what, name,
       meant.empty() ? ": expected " + join_choices(names) : meant);
}

}  // namespace

const Cell& Definition::cell(const std::string& cell_name) const {
  return find(cells, cell_name, "cell of " + name);
}

const Definition& find_definition(const std::string& name) {
  return find(definitions(), name, "experiment");
}

}  // namespace staa::experiment
