# Installs the Python package with libstaa_ops.so in it.
set(STAA_PYTHON_FOLDER lib/python3/dist-packages CACHE STRING
  "Where the Python package is installed, below the prefix; Debian's Python looks here below /usr")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/python/staa DESTINATION ${STAA_PYTHON_FOLDER}
  COMPONENT python FILES_MATCHING PATTERN "*.py" PATTERN "py.typed")
install(TARGETS staa_ops_library LIBRARY DESTINATION ${STAA_PYTHON_FOLDER}/staa COMPONENT python)
install(FILES $<TARGET_FILE:staa_ops_library>.torch DESTINATION ${STAA_PYTHON_FOLDER}/staa COMPONENT python)
