# With STAA_SANITIZE: the layers below LibTorch alone and their tests, with the checks that it names. LibTorch's own
# libraries are built without and would drown what the checks say.
find_package(Threads REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PNG REQUIRED)
find_package(JPEG REQUIRED)
include(Highway)
include(EventLibraries)

add_compile_options(-fsanitize=${STAA_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
add_link_options(-fsanitize=${STAA_SANITIZE})
foreach(layer util format options events data pictures kernels runtime nir)
  add_subdirectory(src/staa/${layer})
endforeach()
enable_testing()
add_subdirectory(tests)
