#pragma once

#include <string>
#include <vector>

#include "staa/report/run.h"

/// Small pieces that the sections are made of.
namespace staa::report {

/// The number under `key` with so many digits behind the point; "" for what is not there or no
/// number.
std::string number(const nlohmann::ordered_json& row, const char* key, int digits);

/// <td class="n">...</td>; "–" for an empty text.
std::string figure_cell(const std::string& text, const std::string& attributes = "");

/// <td>...</td> and <th scope="row">...</th> of escaped text.
std::string text_cell(const std::string& text);
std::string row_head(const std::string& text);

/// The head of a table, in a box of its own that scrolls: names that start with '#' are of columns
/// of numbers. Ends with table_end().
std::string table_start(const std::vector<std::string>& columns,
                        const std::string& attributes = "");
std::string table_end();

/// A run's colour and name.
std::string run_label(const std::vector<Run>& runs, std::size_t index);

/// The name of a class, or its number where it has none.
std::string class_name(const Run& run, std::int64_t label);

/// A key of a run's recipe, strings without their quotes; "" where it is not known.
std::string key_of(const Run& run, const std::string& key);

/// A chart that assets/charts.js draws: `kind` "lines" over epochs or "bars" by layer; `keys` are
/// those of the JSON, separated by spaces, and `labels` what they are called beside a run's name.
/// `digits` behind the point, "" for three that count. `note` is HTML.
std::string chart(const char* kind, const std::string& title, const std::string& keys,
                  const std::string& labels, const char* unit, const char* digits,
                  const std::string& note);

/// <section id="ID"><h2>TITLE</h2> ... </section>
std::string section(const char* id, const char* title, const std::string& content);

}  // namespace staa::report
