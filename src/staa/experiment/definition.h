#pragma once

#include <optional>
#include <string>
#include <vector>

namespace staa::experiment {

/// One cell of a grid, a row of its table: what is set in a base recipe, and what the paper found.
struct Cell {
  std::string name;   ///< unique in its experiment, and the name of its folder: "gc-pe"
  std::string label;  ///< for tables: "GC + PE"
  std::string base;   ///< the recipe in configs/, without its ending
  std::vector<std::string> overrides;  ///< as of --set: "neuron.sa=false"
  std::optional<double> paper;         ///< test accuracy in percent, where the paper gives it
  std::optional<double> paper_std;     ///< its deviation, in points
  /// At small scale, where all sets are replaced by one, it would be another cell once more.
  bool paper_scale_only = false;
  std::vector<std::string> medium{};  ///< set besides at medium scale
};

/// A table or figure of the paper, or a choice that the paper leaves open, as a grid of runs.
struct Definition {
  std::string name;       ///< "table4"
  std::string title;      ///< what is varied
  std::string source;     ///< where in the paper: "Table 4"
  std::string claim;      ///< what the paper says of it
  std::string reference;  ///< the cell that the gains are over; "": none is comparable
  std::vector<Cell> cells;

  /// Throws Error(kUsage) naming the nearest one when there is no such cell.
  const Cell& cell(const std::string& cell_name) const;
};

/// All experiments, in the paper's order.
const std::vector<Definition>& definitions();

/// Throws Error(kUsage) naming the nearest one when there is no such experiment.
const Definition& find_definition(const std::string& name);

/// The text of configs/NAME.toml, which the program carries. Throws Error(kUsage) for an unknown
/// name.
const std::string& base_recipe(const std::string& name);

}  // namespace staa::experiment
