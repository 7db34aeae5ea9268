#pragma once

#include <string>
#include <vector>

#include "staa/report/run.h"

/// Small HTML pieces for the sections of a page.
namespace staa::report {

/// The number under `key` with this many decimal places; "" if it is missing or not a number.
std::string number(const nlohmann::ordered_json& row, const char* key, int digits);

/// <td class="n">...</td>, with "–" for an empty text.
std::string figure_cell(const std::string& text, const std::string& attributes = "");

/// <td>...</td> and <th scope="row">...</th> with the text escaped.
std::string text_cell(const std::string& text);
std::string row_head(const std::string& text);

/// The start of a table with its header, inside a box that scrolls. Column names that start with
/// '#' mark columns of numbers. table_end() ends the table.
std::string table_start(const std::vector<std::string>& columns,
                        const std::string& attributes = "");
std::string table_end();

/// A run's colour and name.
std::string run_label(const std::vector<RunData>& runs, std::size_t index);

/// The name of a class, or its number if it has no name.
std::string class_name(const RunData& run, std::int64_t label);

/// The value of a key in a run's recipe, with strings unquoted; "" if it is unknown.
std::string key_of(const RunData& run, const std::string& key);

/// A chart for assets/charts.js to draw: `kind` is "lines" over epochs or "bars" by layer. `keys`
/// are keys of the JSON, separated by spaces, and `labels` are their names, shown beside a run's
/// name. `digits` is the number of decimal places, or "" for three significant digits. `note` is
/// HTML.
std::string chart(const char* kind, const std::string& title, const std::string& keys,
                  const std::string& labels, const char* unit, const char* digits,
                  const std::string& note);

/// <section id="ID"><h2>TITLE</h2> ... </section>
std::string section(const char* id, const char* title, const std::string& content);

}  // namespace staa::report
