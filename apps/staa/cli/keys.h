#pragma once

namespace staa::app {

/// Prints every key of a recipe with its type, range, default and meaning, as text or as JSON.
void print_keys(bool json);

/// Prints a page of the documentation, with one Markdown table per table of the recipe.
void print_keys_page();

}  // namespace staa::app
