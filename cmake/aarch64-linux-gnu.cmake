# Toolchain for 64-bit Arm: Debian's g++-aarch64-linux-gnu, the libraries of STAA_SYSROOT (scripts/arm_sysroot.sh) and
# qemu-user to run tests.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)

set(STAA_SYSROOT "" CACHE PATH "Where the libraries for 64-bit Arm lie, as scripts/arm_sysroot.sh unpacks them")
list(APPEND CMAKE_TRY_COMPILE_PLATFORM_VARIABLES STAA_SYSROOT)
if(NOT IS_DIRECTORY ${STAA_SYSROOT}/usr/lib/aarch64-linux-gnu)
  message(FATAL_ERROR "STAA_SYSROOT: '${STAA_SYSROOT}' has no usr/lib/aarch64-linux-gnu: scripts/arm_sysroot.sh makes it")
endif()
# Libraries and headers from there alone. The C library is the compiler's own.
set(CMAKE_FIND_ROOT_PATH ${STAA_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(CMAKE_CXX_STANDARD_INCLUDE_DIRECTORIES ${STAA_SYSROOT}/usr/include/aarch64-linux-gnu)
# What the libraries need in their turn.
foreach(folder usr/lib/aarch64-linux-gnu lib/aarch64-linux-gnu)
  string(APPEND CMAKE_EXE_LINKER_FLAGS_INIT " -Wl,-rpath-link,${STAA_SYSROOT}/${folder}")
  string(APPEND CMAKE_SHARED_LINKER_FLAGS_INIT " -Wl,-rpath-link,${STAA_SYSROOT}/${folder}")
endforeach()
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64 -cpu max -L ${STAA_SYSROOT})
