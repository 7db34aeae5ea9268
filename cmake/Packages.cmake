# What `cmake --install` and `cpack` make of the build: four components, each a Debian package.
#   program      staa (and staa-torch, which it becomes), staa-run, their manual pages, completion, recipes
#   runtime      libstaa_runtime and its headers, find_package(staa_runtime): no LibTorch
#   development  staa as static libraries with the public headers, find_package(staa): with LibTorch
#   python       the package staa with libstaa_ops.so in it: for a PyTorch of LibTorch's version
include(CMakePackageConfigHelpers)
include(PublicHeaders)
staa_install_public_headers(staa/nn.h staa/train.h)
# What programs link: staa::nn and staa::train.
foreach(component_and_layer nn:models train:run)
  string(REPLACE ":" ";" parts ${component_and_layer})
  list(GET parts 0 component)
  list(GET parts 1 layer)
  add_library(staa_component_${component} INTERFACE)
  add_library(staa::${component} ALIAS staa_component_${component})
  target_link_libraries(staa_component_${component} INTERFACE staa_${layer})
  set_target_properties(staa_component_${component} PROPERTIES EXPORT_NAME ${component})
  install(TARGETS staa_component_${component} EXPORT staa)
endforeach()
set(package ${CMAKE_INSTALL_LIBDIR}/cmake/staa)
install(EXPORT staa FILE staaTargets.cmake NAMESPACE staa:: DESTINATION ${package}
  COMPONENT development)
set(STAA_TORCH_OF_BUILD "${STAA_TORCH_ROOT}")
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/staaConfig.cmake.in
  ${PROJECT_BINARY_DIR}/staaConfig.cmake INSTALL_DESTINATION ${package})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/staaConfigVersion.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/staaConfig.cmake ${PROJECT_BINARY_DIR}/staaConfigVersion.cmake
  ${CMAKE_CURRENT_LIST_DIR}/TorchWheel.cmake ${CMAKE_CURRENT_LIST_DIR}/EventLibraries.cmake
  DESTINATION ${package} COMPONENT development)

include(PythonPackage)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME staa)
set(CPACK_PACKAGE_CONTACT "The developers of staa <staa@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGE_DIRECTORY ${PROJECT_BINARY_DIR}/packages)
set(CPACK_COMPONENTS_ALL program runtime development python)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_STRIP_FILES ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME staa)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_NAME libstaa-runtime)
set(CPACK_DEBIAN_RUNTIME_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libstaa-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-staa)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libstaa-runtime (= ${PROJECT_VERSION})")
if(NOT STAA_TORCH)
  string(APPEND CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS
    ", libtorch-dev, libspdlog-dev, libfmt-dev, nlohmann-json3-dev, libtomlplusplus-dev, zlib1g-dev"
    ", libpng-dev, libjpeg62-turbo-dev, libhwy-dev, libprotobuf-dev, liblz4-dev, libzstd-dev, libhdf5-dev")
  set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "python3-torch")
endif()
include(CPack)
