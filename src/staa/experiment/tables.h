#pragma once

#include <filesystem>
#include <string>

#include "staa/experiment/summary.h"

namespace staa::experiment {

/// A heading, a description of the runs, and a table with one line per cell, in Markdown.
std::string to_markdown(const Summary& summary);

/// A header and one line per cell (RFC 4180); unknown values are empty.
std::string to_csv(const Summary& summary);

/// All results, including those of single runs, as one JSON object; unknown values are null.
std::string to_json(const Summary& summary);

/// Writes results.md, results.csv and results.json to `folder`, each atomically.
void write_tables(const Summary& summary, const std::filesystem::path& folder);

}  // namespace staa::experiment
