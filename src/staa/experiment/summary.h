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
  std::optional<double> deviation;  ///< from two values on

  static Statistic of(const std::vector<double>& values);
};

/// A difference of two means in percentage points, and its standard error, where both means have a
/// deviation.
struct Gain {
  double value = 0;
  std::optional<double> error;

  /// Less than twice its standard error, or of unknown error: not told from chance.
  bool within_noise() const { return !error || std::abs(value) < 2 * *error; }
};

Gain gain_over(const Statistic& reference, const Statistic& cell);

/// What the runs of one cell came to.
struct CellSummary {
  const Cell* cell = nullptr;
  std::vector<Outcome> runs;         ///< the finished ones
  Statistic last;                    ///< test accuracy after the last epoch, percent
  Statistic best;                    ///< of the best epoch on the test set, percent
  std::optional<double> difference;  ///< last.mean less the paper's
  std::optional<Gain> gain;          ///< of `last` over the reference cell
  std::optional<double> paper_gain;
};

/// What a grid came to, finished or not.
struct Summary {
  const Definition* definition = nullptr;
  GridOptions options;
  std::string data;      ///< the sets that were trained on: "fashion-mnist"
  std::size_t runs = 0;  ///< of the whole grid
  std::size_t finished = 0;
  std::vector<CellSummary> cells;
};

/// Looks at every run of the grid; those that are not finished count as not run. Throws
/// Error(kUsage) where a run of another recipe is in a folder.
Summary summarise(const Definition& definition, const GridOptions& options,
                  const std::vector<Run>& runs);

}  // namespace staa::experiment
