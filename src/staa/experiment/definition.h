#pragma once

#include <optional>
#include <string>
#include <vector>

namespace staa::experiment {

/// One cell of a grid, which is a row of its table: changes to a base recipe, and the paper's
/// result.
struct Cell {
  std::string name;   ///< unique in its experiment, also the folder's name: "gc-pe"
  std::string label;  ///< for tables: "GC + PE"
  std::string base;   ///< the recipe in configs/, without its extension
  std::vector<std::string> overrides;  ///< arguments of --set: "neuron.sa=false"
  std::optional<double> paper;         ///< test accuracy in percent, if the paper gives it
  std::optional<double> paper_std;     ///< standard deviation in percentage points
  /// True for cells that would coincide with another one at small scale, where all cells use one
  /// set.
  bool paper_scale_only = false;
  std::vector<std::string> medium{};  ///< further overrides at medium scale
};

/// A table or figure of the paper, or a choice that the paper leaves open, as a grid of runs.
struct Definition {
  std::string name;       ///< "table4"
  std::string title;      ///< what varies
  std::string source;     ///< where in the paper: "Table 4"
  std::string claim;      ///< the paper's claim about it
  std::string reference;  ///< reference cell for the gains; "": no cell is comparable
  std::vector<Cell> cells;

  /// Throws Error(kUsage) naming the nearest cell if there is no such cell.
  const Cell& cell(const std::string& cell_name) const;
};

/// All experiments, in the paper's order.
const std::vector<Definition>& definitions();

/// Throws Error(kUsage) naming the nearest experiment if there is no such experiment.
const Definition& find_definition(const std::string& name);

/// The text of configs/NAME.toml, which is compiled into the program. Throws Error(kUsage) for an
/// unknown name.
const std::string& base_recipe(const std::string& name);

}  // namespace staa::experiment
