# Google Highway, which compiles a kernel for each generation of processors and chooses at run time. Left out are targets
# that would make the libraries larger and slower to compile for nothing, or that the kernels cannot use:
#
#   SSSE3 (1 << 12)               on x86: processors without SSE 4.1 run the baseline
#   AVX3_ZEN4, AVX3_SPR, AVX10_2  (1 << 6, 4, 3, in newer releases) no kernel uses their instructions; processors that
#                                 have them take AVX3_DL or AVX3
#   SVE                           on Arm: the kernels keep vectors in arrays, but SVE's have no size at compile time;
#                                 processors with SVE run the NEON code
#
# All files that include Highway's headers must agree on the targets.
find_package(hwy REQUIRED)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  math(EXPR left_out "(1 << 12) | (1 << 6) | (1 << 4) | (1 << 3)")
  set_property(TARGET hwy::hwy APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS HWY_DISABLED_TARGETS=${left_out})
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  set_property(TARGET hwy::hwy APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS
    "HWY_DISABLED_TARGETS=(HWY_SVE|HWY_SVE2|HWY_SVE_256|HWY_SVE2_128)")
endif()
