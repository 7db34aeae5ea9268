#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace staa::report {

/// `text` for the content of an element or a quoted attribute.
std::string escape(std::string_view text);

/// JSON for the inside of a <script> element: no byte of it can end the element.
std::string script_json(const nlohmann::ordered_json& value);

/// "data:image/png;base64,..." of a PNG file's bytes.
std::string png_address(std::string_view png);

/// An <img> of such bytes; the text is escaped.
std::string picture(std::string_view png, const std::string& alternative, const char* style_class);

}  // namespace staa::report
