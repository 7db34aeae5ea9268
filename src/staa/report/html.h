#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace staa::report {

/// Escapes `text` for the content of an element or a quoted attribute.
std::string escape(std::string_view text);

/// JSON for use inside a <script> element: it contains nothing that could end the element.
std::string script_json(const nlohmann::ordered_json& value);

/// A data URL "data:image/png;base64,..." with the bytes of a PNG file.
std::string png_address(std::string_view png);

/// An <img> element for the bytes of a PNG file; `alternative` is escaped.
std::string picture(std::string_view png, const std::string& alternative, const char* style_class);

}  // namespace staa::report
