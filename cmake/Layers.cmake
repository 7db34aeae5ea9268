# staa_layer(NAME SOURCES a.cc ... LAYERS util ... [PRIVATE lib ...] [PUBLIC lib ...])
#
# Declares the static library staa_NAME from src/NAME. Its headers are reached as <staa/NAME/x.h>
# through a link made for this layer alone, so that a header of a layer which is not linked is not
# found: the direction of the arrows is checked by the compiler.
function(staa_layer name)
  cmake_parse_arguments(ARG "" "" "SOURCES;LAYERS;PRIVATE;PUBLIC" ${ARGN})
  set(root ${PROJECT_BINARY_DIR}/layers/${name})
  file(MAKE_DIRECTORY ${root}/staa)
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR} ${root}/staa/${name} SYMBOLIC)
  add_library(staa_${name} STATIC ${ARG_SOURCES})
  add_library(staa::${name} ALIAS staa_${name})
  target_include_directories(staa_${name} PUBLIC $<BUILD_INTERFACE:${root}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(staa_${name} PUBLIC cxx_std_${CMAKE_CXX_STANDARD})
  target_compile_options(staa_${name} PRIVATE ${STAA_WARNINGS})
  list(TRANSFORM ARG_LAYERS PREPEND staa_)
  target_link_libraries(staa_${name} PUBLIC ${ARG_LAYERS} ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  set_target_properties(staa_${name} PROPERTIES EXPORT_NAME ${name})
  install(TARGETS staa_${name} EXPORT staa ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/staa
    COMPONENT development)
  # The runtime's package has these, for programs without LibTorch.
  install(DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR}/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/staa/${name}
    COMPONENT development FILES_MATCHING PATTERN "*.h"
    PATTERN runtime/runtime.h EXCLUDE PATTERN runtime/runtime_c.h EXCLUDE
    PATTERN util/exception.h EXCLUDE)
endfunction()

set(STAA_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wno-unused-parameter)

# LibTorch's headers take 20 seconds to parse: one precompiled copy serves every target that uses it.
# The first caller's target makes it, the others reuse it.
function(staa_precompile_torch target)
  # A precompiled header fits only code compiled alike: programs take -fPIC as libraries do.
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${target} PRIVATE -fPIC)
  get_property(owner GLOBAL PROPERTY STAA_TORCH_PCH_OWNER)
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  else()
    target_precompile_headers(${target} PRIVATE <torch/torch.h>)
    set_property(GLOBAL PROPERTY STAA_TORCH_PCH_OWNER ${target})
  endif()
endfunction()
