#include "staa/report/cells.h"

#include <fmt/format.h>

#include "staa/report/html.h"

namespace staa::report {

std::string number(const nlohmann::ordered_json& row, const char* key, int digits) {
  const auto found = row.find(key);
  if (found == row.end() || !found->is_number()) return "";
  return fmt::format("{:.{}f}", found->get<double>(), digits);
}

std::string figure_cell(const std::string& text, const std::string& attributes) {
  return fmt::format("<td class=\"n\"{}{}>{}</td>", attributes.empty() ? "" : " ", attributes,
                     text.empty() ? "–" : escape(text));
}

std::string text_cell(const std::string& text) {
  return fmt::format("<td>{}</td>", text.empty() ? "–" : escape(text));
}

std::string row_head(const std::string& text) {
  return fmt::format("<th scope=\"row\">{}</th>", escape(text));
}

std::string table_start(const std::vector<std::string>& columns, const std::string& attributes) {
  std::string head;
  for (const auto& column : columns) {
    const bool figures = column.rfind('#', 0) == 0;
    head += fmt::format("<th scope=\"col\"{}>{}</th>", figures ? " class=\"n\"" : "",
                        escape(figures ? column.substr(1) : column));
  }
  return fmt::format(
      "<div class=\"scroll\" tabindex=\"0\"><table{}{}><thead><tr>{}</tr></thead><tbody>\n",
      attributes.empty() ? "" : " ", attributes, head);
}

std::string table_end() { return "</tbody></table></div>\n"; }

std::string run_label(const std::vector<RunData>& runs, std::size_t index) {
  return fmt::format("<span class=\"swatch\" style=\"--colour:var(--series-{})\"></span>{}",
                     index % 6, escape(runs[index].name));
}

std::string class_name(const RunData& run, std::int64_t label) {
  const auto index = static_cast<std::size_t>(label);
  return index < run.classes.size() ? run.classes[index] : std::to_string(label);
}

std::string key_of(const RunData& run, const std::string& key) {
  const auto found = run.keys.find(key);
  if (found == run.keys.end()) return "";
  const auto& text = found->second;
  const bool quoted = text.size() >= 2 && (text.front() == '\'' || text.front() == '"');
  return quoted ? text.substr(1, text.size() - 2) : text;
}

std::string chart(const char* kind, const std::string& title, const std::string& keys,
                  const std::string& labels, const char* unit, const char* digits,
                  const std::string& note) {
  return fmt::format(
      "<figure class=\"chart\" data-chart=\"{}\" data-title=\"{}\" data-keys=\"{}\" "
      "data-labels=\"{}\" data-unit=\"{}\" data-digits=\"{}\"><figcaption>{} <small>{}</small>"
      "</figcaption><div class=\"plot\"></div><div class=\"tip\" hidden></div></figure>\n",
      kind, title, keys, labels, unit, digits, title, note);
}

std::string section(const char* id, const char* title, const std::string& content) {
  return fmt::format("<section id=\"{}\"><h2>{}</h2>\n{}</section>\n", id, title, content);
}

}  // namespace staa::report
