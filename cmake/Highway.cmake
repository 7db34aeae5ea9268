# Google Highway, which compiles a kernel for each generation of processors and chooses at run time. Newer releases have
# two more targets (AVX3_SPR, 1 << 4, and AVX10_2, 1 << 3) whose instructions no kernel here uses: they would make the
# libraries a half larger and slower to compile, and processors that have them take AVX3_ZEN4 instead.
find_package(hwy REQUIRED)
if(hwy_VERSION VERSION_GREATER_EQUAL 1.1 AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set_property(TARGET hwy::hwy APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS HWY_DISABLED_TARGETS=24)
endif()
