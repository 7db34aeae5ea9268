# What src/events reads files of cameras with: LZ4 and Zstandard (AEDAT 4) and HDF5, as staa::lz4, staa::zstd and
# staa::hdf5. LZ4 and the C library of HDF5 come without CMake files of their own, and CMake's FindHDF5 needs a C
# compiler.
function(staa_find_library target header library)
  if(TARGET ${target})
    return()
  endif()
  string(MAKE_C_IDENTIFIER ${target} name)
  find_path(${name}_HEADERS ${header} PATH_SUFFIXES hdf5/serial)
  find_library(${name}_LIBRARY NAMES ${library} ${ARGN} PATH_SUFFIXES hdf5/serial)
  if(NOT ${name}_HEADERS OR NOT ${name}_LIBRARY)
    message(FATAL_ERROR "${header} and lib${library} were not found: scripts/dependencies.sh installs them")
  endif()
  mark_as_advanced(${name}_HEADERS ${name}_LIBRARY)
  add_library(${target} UNKNOWN IMPORTED GLOBAL)
  set_target_properties(${target} PROPERTIES IMPORTED_LOCATION ${${name}_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${${name}_HEADERS})
endfunction()

staa_find_library(staa::lz4 lz4frame.h lz4)
staa_find_library(staa::zstd zstd.h zstd)
staa_find_library(staa::hdf5 hdf5.h hdf5_serial hdf5)
# HDF5 1.12 and later: the functions of 1.10, by their old names.
set_property(TARGET staa::hdf5 APPEND PROPERTY INTERFACE_COMPILE_DEFINITIONS H5_USE_110_API)
