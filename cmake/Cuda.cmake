# The kernels for GPUs: compiled where nvcc is found, called where LibTorch has CUDA as well.
# Sets STAA_CUDA_KERNELS, whether they are compiled, and STAA_CUDA_TORCH, whether they are called; then STAA_C10_CUDA
# and STAA_CUDART are the libraries of LibTorch's and CUDA's that callers need.
set(STAA_CUDA AUTO CACHE STRING "Kernels for GPUs: AUTO (where nvcc is found), ON, OFF")
set_property(CACHE STAA_CUDA PROPERTY STRINGS AUTO ON OFF)
set(STAA_CUDA_KERNELS OFF)
set(STAA_CUDA_TORCH OFF)
if(NOT STAA_CUDA)
  return()
endif()

find_program(STAA_NVCC nvcc HINTS $ENV{CUDA_HOME}/bin PATHS /usr/local/cuda/bin DOC "The CUDA compiler")
if(NOT STAA_NVCC)
  if(NOT STAA_CUDA STREQUAL "AUTO")
    message(FATAL_ERROR "STAA_CUDA=${STAA_CUDA}: nvcc is neither in PATH nor in /usr/local/cuda/bin; "
      "name it with -DSTAA_NVCC=")
  endif()
  message(STATUS "Kernels for GPUs: no nvcc, not compiled")
  return()
endif()

# An nvcc that refuses this machine's C++ compiler must not keep the rest from being built.
if(NOT STAA_NVCC_WORKS STREQUAL STAA_NVCC)
  file(WRITE ${PROJECT_BINARY_DIR}/nvcc_works.cu "#include <cuda_fp16.h>\n__global__ void kernel(float* x) { x[0] = 1; }\n")
  execute_process(COMMAND ${STAA_NVCC} -std=c++17 -c nvcc_works.cu -o nvcc_works.o WORKING_DIRECTORY ${PROJECT_BINARY_DIR}
    RESULT_VARIABLE failed OUTPUT_VARIABLE why ERROR_VARIABLE why)
  if(failed AND NOT STAA_CUDA STREQUAL "AUTO")
    message(FATAL_ERROR "STAA_CUDA=${STAA_CUDA}: ${STAA_NVCC} compiles nothing:\n${why}")
  elseif(failed)
    message(STATUS "Kernels for GPUs: ${STAA_NVCC} compiles nothing, not compiled:\n${why}")
    return()
  endif()
  set(STAA_NVCC_WORKS ${STAA_NVCC} CACHE INTERNAL "The CUDA compiler that was tried")
endif()

# Of each generation the first GPU: its code runs on the later ones. What is not among them compiles the PTX for
# itself when a program starts.
if(NOT CMAKE_CUDA_ARCHITECTURES)
  execute_process(COMMAND ${STAA_NVCC} --list-gpu-code OUTPUT_VARIABLE known ERROR_QUIET)
  set(CMAKE_CUDA_ARCHITECTURES 80-real)
  foreach(architecture 90 120)
    if(known MATCHES "sm_${architecture}\n")
      list(APPEND CMAKE_CUDA_ARCHITECTURES ${architecture}-real)
    endif()
  endforeach()
  if(known MATCHES "sm_90\n")
    list(APPEND CMAKE_CUDA_ARCHITECTURES 90-virtual)
  else()
    list(APPEND CMAKE_CUDA_ARCHITECTURES 80-virtual)
  endif()
endif()
set(CMAKE_CUDA_COMPILER ${STAA_NVCC})
set(CMAKE_CUDA_RUNTIME_LIBRARY None)  # LibTorch's own, below
set(CMAKE_CUDA_STANDARD 17)
set(CMAKE_CUDA_STANDARD_REQUIRED ON)
enable_language(CUDA)
set(STAA_CUDA_KERNELS ON)
message(STATUS "Kernels for GPUs: nvcc ${CMAKE_CUDA_COMPILER_VERSION} for ${CMAKE_CUDA_ARCHITECTURES}")

get_filename_component(torch_library_folder "${STAA_TORCH_ROOT}/lib" ABSOLUTE)
find_library(STAA_C10_CUDA c10_cuda HINTS ${torch_library_folder} ${TORCH_INSTALL_PREFIX}/lib)
if(NOT STAA_C10_CUDA)
  message(STATUS "Kernels for GPUs: LibTorch has no CUDA, they are compiled but not called")
  return()
endif()
# The runtime that LibTorch loads: a wheel brings it in a folder beside torch/.
string(REGEX MATCH "^[0-9]+" cuda_major ${CMAKE_CUDA_COMPILER_VERSION})
file(GLOB wheel_runtimes ${STAA_TORCH_ROOT}/../nvidia/cu${cuda_major}/lib ${STAA_TORCH_ROOT}/../nvidia/cuda_runtime/lib)
find_library(STAA_CUDART NAMES libcudart.so.${cuda_major} libcudart.so.${cuda_major}.0 cudart
  HINTS ${wheel_runtimes} ${CMAKE_CUDA_IMPLICIT_LINK_DIRECTORIES})
if(NOT STAA_CUDART)
  message(FATAL_ERROR "No libcudart.so.${cuda_major} beside LibTorch or nvcc; name it with -DSTAA_CUDART=")
endif()
message(STATUS "Kernels for GPUs: called, with ${STAA_CUDART}")
set(STAA_CUDA_TORCH ON)
