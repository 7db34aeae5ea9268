#include "staa/report/html.h"

#include <fmt/format.h>

namespace staa::report {
namespace {

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

std::string base64(std::string_view bytes) {
  std::string out;
  out.reserve((bytes.size() + 2) / 3 * 4);
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    const auto left = std::min<std::size_t>(3, bytes.size() - i);
    std::uint32_t word = 0;
    for (std::size_t j = 0; j < 3; ++j) {
      word = word << 8 | (j < left ? static_cast<std::uint8_t>(bytes[i + j]) : 0);
    }
    for (std::size_t j = 0; j < 4; ++j) {
      out += j <= left ? kBase64[word >> (18 - 6 * j) & 63] : '=';
    }
  }
  return out;
}

}  // namespace

std::string escape(std::string_view text) {
  std::string out;
  for (const char letter : text) {
    switch (letter) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += letter;
    }
  }
  return out;
}

std::string script_json(const nlohmann::ordered_json& value) {
  std::string out;
  for (const char letter :
       value.dump(-1, ' ', true, nlohmann::ordered_json::error_handler_t::replace)) {
    // "</script>" and "<!--" would end or change the element. In JSON, '<' occurs only in strings.
    if (letter == '<') {
      out += "\\u003c";
    } else {
      out += letter;
    }
  }
  return out;
}

std::string png_address(std::string_view png) { return "data:image/png;base64," + base64(png); }

std::string picture(std::string_view png, const std::string& alternative, const char* style_class) {
  return fmt::format("<img class=\"{}\" alt=\"{}\" src=\"{}\">", style_class, escape(alternative),
                     png_address(png));
}

}  // namespace staa::report
