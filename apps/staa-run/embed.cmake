# Writes OUT, a C++ file with the text of PAGE.
file(READ ${PAGE} page)
file(WRITE ${OUT} "#include \"assets.h\"

namespace staa::app {

const char* const kLivePage = R\"asset(${page})asset\";

}  // namespace staa::app
")
