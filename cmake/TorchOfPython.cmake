# Sets STAA_TORCH to the folder of the PyTorch that Python imports; to nothing where that PyTorch has its LibTorch on the
# system's paths, as Debian's has.
#
# Python is the one that builds a wheel (Python_EXECUTABLE), or python3. -E: pip's isolated builds hide the packages of
# the interpreter through its environment, and the operators are compiled against the PyTorch that is installed there.
if(NOT Python_EXECUTABLE)
  set(Python_EXECUTABLE python3)
endif()
execute_process(COMMAND ${Python_EXECUTABLE} -E -c
    "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0] if s else '')"
  OUTPUT_VARIABLE STAA_TORCH OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed ERROR_VARIABLE why)
if(failed OR NOT STAA_TORCH)
  message(FATAL_ERROR "STAA_TORCH=python: ${Python_EXECUTABLE} finds no torch, which staa is compiled against: install "
    "PyTorch first, or name a wheel's folder with -DSTAA_TORCH=.../site-packages/torch\n${why}")
endif()
if(NOT EXISTS ${STAA_TORCH}/lib/libtorch.so OR NOT EXISTS ${STAA_TORCH}/include/torch)
  message(STATUS "PyTorch in ${STAA_TORCH} uses the system's LibTorch")
  set(STAA_TORCH "")
endif()
