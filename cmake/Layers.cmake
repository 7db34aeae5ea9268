# staa_layer(NAME [SINGLY] SOURCES a.cc ... LAYERS util ... [PRIVATE lib ...] [PUBLIC lib ...])
#
# Declares the static library staa_NAME from src/staa/NAME. Headers are included as "staa/NAME/x.h", which is the file's
# path below src/. A layer may include the headers of the LAYERS that it names and no others: CheckIncludes.cmake reads
# its files before they are compiled.
set(STAA_SOURCE_ROOT ${CMAKE_CURRENT_LIST_DIR}/../src)

function(staa_layer name)
  cmake_parse_arguments(ARG "SINGLY" "" "SOURCES;LAYERS;PRIVATE;PUBLIC" ${ARGN})
  add_library(staa_${name} STATIC ${ARG_SOURCES})
  target_include_directories(staa_${name} PUBLIC $<BUILD_INTERFACE:${STAA_SOURCE_ROOT}>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
  target_compile_features(staa_${name} PUBLIC cxx_std_${CMAKE_CXX_STANDARD})
  target_compile_options(staa_${name} PRIVATE ${STAA_WARNINGS})
  staa_check_includes(${name} ${ARG_LAYERS})
  list(TRANSFORM ARG_LAYERS PREPEND staa_)
  target_link_libraries(staa_${name} PUBLIC ${ARG_LAYERS} ${ARG_PUBLIC} PRIVATE ${ARG_PRIVATE})
  set_target_properties(staa_${name} PROPERTIES EXPORT_NAME layer_${name})
  if(NOT ARG_SINGLY)
    staa_unity(staa_${name})
  endif()
  install(TARGETS staa_${name} EXPORT staa ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/staa
    COMPONENT development)
endfunction()

# The layer's own files, read again whenever one of them has changed.
function(staa_check_includes name)
  file(GLOB_RECURSE files CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/*.h ${CMAKE_CURRENT_SOURCE_DIR}/*.cc
    ${CMAKE_CURRENT_SOURCE_DIR}/*.cu ${CMAKE_CURRENT_SOURCE_DIR}/*.cuh ${CMAKE_CURRENT_SOURCE_DIR}/*.in)
  set(stamp ${CMAKE_CURRENT_BINARY_DIR}/includes.stamp)
  string(REPLACE ";" "," layers "${name};${ARGN}")
  set(script ${STAA_SOURCE_ROOT}/../cmake/CheckIncludes.cmake)
  add_custom_command(OUTPUT ${stamp}
    COMMAND ${CMAKE_COMMAND} -D FOLDER=${CMAKE_CURRENT_SOURCE_DIR} -D LAYERS=${layers} -D STAMP=${stamp} -P ${script}
    DEPENDS ${files} ${script} COMMENT "Includes of ${name}" VERBATIM)
  add_custom_target(staa_${name}_includes DEPENDS ${stamp})
  add_dependencies(staa_${name} staa_${name}_includes)
endfunction()

# Compiles a target's files six at a time. Parsing the headers takes most of the time, so that a first build takes half
# as long; names of anonymous namespaces must differ within a target. Layers that are declared SINGLY, and the programs
# of plain layers, are compiled file by file.
option(STAA_UNITY "Compile several files of a target at once" ON)
function(staa_unity target)
  if(STAA_UNITY)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE 6)
    # g++ takes the anonymous namespaces of an included file for a header's.
    target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-subobject-linkage>)
  endif()
endfunction()

# What does no arithmetic of its own is glue: at -O1 it compiles in two thirds of the time and runs no slower.
function(staa_glue target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1>)
endfunction()

set(STAA_WARNINGS -Wall -Wextra -Wpedantic -Wshadow -Wno-unused-parameter)

# LibTorch's headers take long to parse: one precompiled copy serves every target of its KIND. The first caller's target
# makes it, the others reuse it. Operators need tensors and autograd; modules, which take twice as long in every file
# that sees them, are for the layers from nn on, which are glue.
set(STAA_TORCH_tensors <torch/types.h> <torch/autograd.h>)
set(STAA_TORCH_modules ${STAA_TORCH_tensors} <torch/nn/cloneable.h> <torch/nn/pimpl.h> <torch/nn/modules/batchnorm.h>
  <torch/nn/modules/conv.h> <torch/nn/modules/linear.h>)
function(staa_precompile_torch target kind)
  # A precompiled header fits only code compiled alike: programs take -fPIC as libraries do.
  set_target_properties(${target} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  target_compile_options(${target} PRIVATE -fPIC)
  staa_unity(${target})
  if(kind STREQUAL "modules")
    staa_glue(${target})
  endif()
  get_property(owner GLOBAL PROPERTY STAA_TORCH_PCH_${kind})
  if(owner)
    target_precompile_headers(${target} REUSE_FROM ${owner})
  else()
    target_precompile_headers(${target} PRIVATE ${STAA_TORCH_${kind}})
    set_property(GLOBAL PROPERTY STAA_TORCH_PCH_${kind} ${target})
  endif()
endfunction()
