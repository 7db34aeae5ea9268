#include "staa/experiment/summary.h"

#include <fmt/ranges.h>

#include <cmath>
#include <numeric>
#include <set>

#include "staa/util/error.h"

namespace staa::experiment {
namespace {

/// The squared standard error of a mean.
double squared_error(const Statistic& s) {
  return *s.deviation * *s.deviation / static_cast<double>(s.count);
}

/// The outcome of the run if it is finished and readable.
std::optional<Outcome> outcome_of(const GridRun& run) {
  try {
    return look_at(run).outcome;
  } catch (const Error& error) {
    if (error.kind() == ErrorKind::kUsage) throw;
    return std::nullopt;
  }
}

CellSummary summarise_cell(const Cell& cell, const std::vector<GridRun>& runs) {
  CellSummary summary;
  summary.cell = &cell;
  std::vector<double> last;
  std::vector<double> best;
  for (const auto& run : runs) {
    if (run.cell != &cell) continue;
    const auto outcome = outcome_of(run);
    if (!outcome) continue;
    summary.runs.push_back(*outcome);
    last.push_back(outcome->last_top1);
    best.push_back(outcome->best_top1);
  }
  summary.last = Statistic::of(last);
  summary.best = Statistic::of(best);
  if (summary.last.count > 0 && cell.paper) summary.difference = summary.last.mean - *cell.paper;
  return summary;
}

/// Fills in the comparison with the reference cell.
void compare(const CellSummary& reference, CellSummary& summary) {
  if (&reference == &summary) return;
  if (reference.last.count > 0 && summary.last.count > 0) {
    summary.gain = gain_over(reference.last, summary.last);
  }
  if (reference.cell->paper && summary.cell->paper) {
    summary.paper_gain = *summary.cell->paper - *reference.cell->paper;
  }
}

}  // namespace

Statistic Statistic::of(const std::vector<double>& values) {
  Statistic s;
  s.count = values.size();
  if (values.empty()) return s;
  const auto n = static_cast<double>(values.size());
  s.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  if (values.size() < 2) return s;
  double squares = 0;
  for (const double value : values) squares += (value - s.mean) * (value - s.mean);
  s.deviation = std::sqrt(squares / (n - 1));
  return s;
}

Gain gain_over(const Statistic& reference, const Statistic& cell) {
  Gain gain;
  gain.value = cell.mean - reference.mean;
  if (reference.deviation && cell.deviation) {
    gain.error = std::sqrt(squared_error(reference) + squared_error(cell));
  }
  return gain;
}

Summary summarise(const Definition& definition, const GridOptions& options,
                  const std::vector<GridRun>& runs) {
  Summary summary;
  summary.definition = &definition;
  summary.options = options;
  summary.runs = runs.size();
  std::set<std::string> sets;
  for (const auto& run : runs) sets.insert(run.recipe.data.set);
  summary.data = fmt::format("{}", fmt::join(sets, ", "));
  for (const auto* cell : cells_at(definition, options.scale)) {
    summary.cells.push_back(summarise_cell(*cell, runs));
    summary.finished += summary.cells.back().runs.size();
  }
  for (const auto& reference : summary.cells) {
    if (reference.cell->name != definition.reference) continue;
    for (auto& cell : summary.cells) compare(reference, cell);
  }
  return summary;
}

}  // namespace staa::experiment
