# Writes OUT, a C++ file with the texts of FOLDER/page.css and FOLDER/charts.js.
file(READ ${FOLDER}/page.css css)
file(READ ${FOLDER}/charts.js script)
file(WRITE ${OUT} "#include \"staa/report/assets.h\"

namespace staa::report {

const char* const kPageStyle = R\"asset(${css})asset\";
const char* const kChartScript = R\"asset(${script})asset\";

}  // namespace staa::report
")
