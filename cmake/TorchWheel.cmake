# LibTorch from a wheel of torch, without the wheel's own CMake package: where the wheel was built with CUDA, that
# package refuses machines that have no CUDA toolkit, though nothing here compiles with it.
#
# STAA_TORCH names the wheel's folder torch/ (the one with include/ and lib/).
# Sets TORCH_LIBRARIES, TORCH_INCLUDE_DIRS and Torch_VERSION as the package would, and the C++ standard that the
# headers ask for.
get_filename_component(STAA_TORCH_ROOT ${STAA_TORCH} ABSOLUTE)
if(NOT EXISTS ${STAA_TORCH_ROOT}/lib/libtorch.so)
  message(FATAL_ERROR "STAA_TORCH: expected a folder with include/ and lib/libtorch.so, found ${STAA_TORCH_ROOT}")
endif()

set(TORCH_INCLUDE_DIRS ${STAA_TORCH_ROOT}/include
  ${STAA_TORCH_ROOT}/include/torch/csrc/api/include)
foreach(header torch/headeronly/version.h torch/csrc/api/include/torch/version.h)
  if(EXISTS ${STAA_TORCH_ROOT}/include/${header})
    file(STRINGS ${STAA_TORCH_ROOT}/include/${header} numbers
      REGEX "define TORCH_VERSION_(MAJOR|MINOR|PATCH) [0-9]+")
    if(numbers)
      string(REGEX MATCHALL " [0-9]+" numbers "${numbers}")
      string(REPLACE ";" "." Torch_VERSION "${numbers}")
      string(REPLACE " " "" Torch_VERSION "${Torch_VERSION}")
      break()
    endif()
  endif()
endforeach()
file(STRINGS ${STAA_TORCH_ROOT}/include/torch/csrc/api/include/torch/all.h wants_20 REGEX "202002L")
if(wants_20 AND CMAKE_CXX_STANDARD LESS 20)
  set(CMAKE_CXX_STANDARD 20)
endif()

add_library(staa_torch_wheel INTERFACE IMPORTED GLOBAL)
target_include_directories(staa_torch_wheel SYSTEM INTERFACE
  ${TORCH_INCLUDE_DIRS})
# libtorch_cuda registers itself as it is loaded: nothing names it. The C++ library comes first: wheels export parts of
# a copy of it, and torch 2.11's std::filesystem::remove_all calls a null pointer in whoever takes it from there.
target_link_libraries(staa_torch_wheel INTERFACE -Wl,--no-as-needed stdc++ ${STAA_TORCH_ROOT}/lib/libtorch.so
  ${STAA_TORCH_ROOT}/lib/libtorch_cpu.so ${STAA_TORCH_ROOT}/lib/libc10.so -Wl,--as-needed)
set(TORCH_LIBRARIES staa_torch_wheel)

# A wheel brings the library of OpenMP that its threads run in: one more would keep threads of its own.
set(STAA_TORCH_HAS_OPENMP OFF)
if(EXISTS ${STAA_TORCH_ROOT}/lib/libgomp.so.1)
  set(STAA_TORCH_HAS_OPENMP ON)
  target_compile_options(staa_torch_wheel INTERFACE $<$<COMPILE_LANGUAGE:CXX>:-fopenmp>)
  target_link_libraries(staa_torch_wheel INTERFACE ${STAA_TORCH_ROOT}/lib/libgomp.so.1)
endif()

# Of a wheel with CUDA: what code that names CUDA's own types needs besides, from the nvidia-* packages beside the
# wheel. Empty otherwise.
set(STAA_TORCH_CUDA_INCLUDE_DIRS "")
set(STAA_TORCH_CUDA_LIBRARIES "")
file(GLOB cuda_runtime ${STAA_TORCH_ROOT}/../nvidia/*/lib/libcudart.so.*)
if(EXISTS ${STAA_TORCH_ROOT}/lib/libtorch_cuda.so AND cuda_runtime)
  list(GET cuda_runtime 0 cuda_runtime)
  file(GLOB STAA_TORCH_CUDA_INCLUDE_DIRS ${STAA_TORCH_ROOT}/../nvidia/*/include)
  set(STAA_TORCH_CUDA_LIBRARIES ${STAA_TORCH_ROOT}/lib/libtorch_cuda.so ${STAA_TORCH_ROOT}/lib/libc10_cuda.so
    ${cuda_runtime})
endif()
