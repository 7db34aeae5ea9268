#include "staa/pictures/glyphs.h"

#include <cctype>
#include <map>

namespace staa::pictures {
namespace {

/// Five rows of three dots from the top, one octal digit per row. A dot is two pixels wide and
/// high.
const std::map<char, const char*>& glyphs() {
  static const std::map<char, const char*> table{
      {'A', "25755"}, {'B', "65656"}, {'C', "34443"}, {'D', "65556"},  {'E', "74647"},
      {'F', "74644"}, {'G', "34553"}, {'H', "55755"}, {'I', "72227"},  {'J', "11152"},
      {'K', "55655"}, {'L', "44447"}, {'M', "57755"}, {'N', "65555"},  {'O', "25552"},
      {'P', "65644"}, {'Q', "25563"}, {'R', "65655"}, {'S', "34216"},  {'T', "72222"},
      {'U', "55557"}, {'V', "55552"}, {'W', "55775"}, {'X', "55255"},  {'Y', "55222"},
      {'Z', "71247"}, {'0', "75557"}, {'1', "26227"}, {'2', "61247"},  {'3', "61216"},
      {'4', "55711"}, {'5', "74616"}, {'6', "34652"}, {'7', "71122"},  {'8', "25252"},
      {'9', "25316"}, {'-', "00700"}, {'_', "00007"}, {'.', "00002"},  {',', "00024"},
      {':', "02020"}, {'+', "02720"}, {'%', "51245"}, {'\'', "22000"}, {'/', "11244"},
      {'(', "12221"}, {')', "42224"}};
  return table;
}

void draw_dot(data::Image& image, std::int64_t left, std::int64_t top) {
  for (std::int64_t y = top; y < top + 2; ++y) {
    std::uint8_t* pixel = image.pixels.data() + (y * image.shape.width + left) * 3;
    for (int i = 0; i < 6; ++i) pixel[i] = 255;
  }
}

}  // namespace

void draw_text(data::Image& image, const std::string& text, std::int64_t left, std::int64_t top,
               std::int64_t right) {
  for (const char letter : text) {
    if (left + kGlyphWidth > right) return;
    const auto capital = static_cast<char>(std::toupper(static_cast<unsigned char>(letter)));
    const auto found = glyphs().find(capital);
    if (found != glyphs().end()) {
      for (std::int64_t row = 0; row < 5; ++row) {
        const int dots = found->second[row] - '0';
        for (std::int64_t column = 0; column < 3; ++column) {
          if ((dots & (4 >> column)) != 0) draw_dot(image, left + 2 * column, top + 2 * row);
        }
      }
    }
    left += kGlyphWidth;
  }
}

}  // namespace staa::pictures
