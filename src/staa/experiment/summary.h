#pragma once

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "staa/experiment/grid.h"
#include "staa/experiment/run_state.h"

namespace staa::experiment {

/// Mean and sample standard deviation (n - 1).
struct Statistic {
  std::size_t count = 0;
  double mean = 0;
  std::optional<double> deviation;  ///< if there are at least two values

  static Statistic of(const std::vector<double>& values);
};

/// The difference of two means in percentage points, and its standard error if both means have a
/// deviation.
struct Gain {
  double value = 0;
  std::optional<double> error;

  /// Whether it is less than twice its standard error, or the error is unknown.
  bool within_noise() const { return !error || std::abs(value) < 2 * *error; }
};

Gain gain_over(const Statistic& reference, const Statistic& cell);

/// The results of one cell's runs.
struct CellSummary {
  const Cell* cell = nullptr;
  std::vector<Outcome> runs;         ///< finished runs
  Statistic last;                    ///< test accuracy after the last epoch, percent
  Statistic best;                    ///< test accuracy of the best epoch, percent
  std::optional<double> difference;  ///< last.mean minus the paper's value
  std::optional<Gain> gain;          ///< gain of `last` over the reference cell
  std::optional<double> paper_gain;
};

/// The results of a grid, finished or not.
struct Summary {
  const Definition* definition = nullptr;
  GridOptions options;
  std::string data;      ///< the data sets used in training: "fashion-mnist"
  std::size_t runs = 0;  ///< number of runs in the whole grid
  std::size_t finished = 0;
  std::vector<CellSummary> cells;
};

/// Reads the state of every run of the grid; unfinished runs are left out. Throws Error(kUsage) if
/// a folder holds a run of another recipe.
Summary summarise(const Definition& definition, const GridOptions& options,
                  const std::vector<GridRun>& runs);

}  // namespace staa::experiment
