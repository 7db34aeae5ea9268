# Everything staa builds upon, found on the system. scripts/dependencies.sh installs it.
find_program(CCACHE ccache)
if(CCACHE)
  # Precompiled headers are cached only when ccache may trust them.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros ${CCACHE})
endif()

find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
include(Highway)
if(NOT STAA_OPERATORS_ONLY)
  find_package(spdlog REQUIRED)
  find_package(tomlplusplus REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(ZLIB REQUIRED)
  find_package(PNG REQUIRED)
  find_package(JPEG REQUIRED)  # libjpeg-turbo: jpeg.cc refuses others
  include(EventLibraries)
  find_package(Protobuf REQUIRED)
endif()

set(STAA_TORCH "" CACHE STRING
  "The torch/ folder of a wheel, or \"python\" for the one that Python imports; empty: find_package")
if(STAA_TORCH STREQUAL "python")
  include(TorchOfPython)  # a wheel, or a package of the distribution's, which find_package finds
endif()
if(STAA_TORCH)
  include(TorchWheel)
  set(CMAKE_INSTALL_RPATH_USE_LINK_PATH ON)  # a wheel is not on the system's path
else()
  find_package(Torch REQUIRED)
endif()
message(STATUS "LibTorch ${Torch_VERSION}")

# at::parallel_for is a header of LibTorch's: code compiled without the flag runs it on one thread, silently.
if(NOT STAA_TORCH_HAS_OPENMP)
  find_package(OpenMP REQUIRED COMPONENTS CXX)
  list(APPEND TORCH_LIBRARIES OpenMP::OpenMP_CXX)
endif()

# A wheel of LibTorch 2 brings fmt's headers of another version than the system's library: the system's
# come first, through a link to them alone.
list(GET TORCH_INCLUDE_DIRS 0 torch_headers)
if(EXISTS ${torch_headers}/fmt AND NOT torch_headers STREQUAL "/usr/include")
  get_target_property(FMT_HEADERS fmt::fmt INTERFACE_INCLUDE_DIRECTORIES)
  if(FMT_HEADERS)
    list(GET FMT_HEADERS 0 FMT_HEADERS)
    file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/system)
    file(CREATE_LINK ${FMT_HEADERS}/fmt ${PROJECT_BINARY_DIR}/system/fmt SYMBOLIC)
    include_directories(BEFORE SYSTEM ${PROJECT_BINARY_DIR}/system)
  endif()
endif()
