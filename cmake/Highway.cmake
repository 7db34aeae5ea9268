# Google Highway, which compiles a kernel for each generation of processors and chooses at run time. Left out are targets
# that would make the libraries larger and slower to compile for nothing:
#
#   SSSE3 (1 << 12)               processors of 2006 and 2007; they take the baseline
#   AVX3_ZEN4, AVX3_SPR, AVX10_2  (1 << 6, 4, 3, in newer releases) no kernel uses their instructions; processors that
#                                 have them take AVX3_DL or AVX3
find_package(hwy REQUIRED)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  math(EXPR STAA_TARGETS_LEFT_OUT "(1 << 12) | (1 << 6) | (1 << 4) | (1 << 3)")
  set_property(TARGET hwy::hwy APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS
    HWY_DISABLED_TARGETS=${STAA_TARGETS_LEFT_OUT})
endif()
