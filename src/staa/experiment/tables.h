#pragma once

#include <filesystem>
#include <string>

#include "staa/experiment/summary.h"

namespace staa::experiment {

/// A heading, what was run, and a table with a line a cell, in Markdown.
std::string to_markdown(const Summary& summary);

/// A line a cell, RFC 4180, with a line of names; what is not known is empty.
std::string to_csv(const Summary& summary);

/// Everything, single runs as well, as one JSON object; what is not known is null.
std::string to_json(const Summary& summary);

/// results.md, results.csv and results.json in `folder`, each whole or not at all.
void write_tables(const Summary& summary, const std::filesystem::path& folder);

}  // namespace staa::experiment
