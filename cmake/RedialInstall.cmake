# What is installed, in the three parts that a distribution packages: the library, its development files, the command.
include(CMakePackageConfigHelpers)

install(
  TARGETS redial redial_testing
  EXPORT redialTargets
  LIBRARY COMPONENT library NAMELINK_COMPONENT development
  ARCHIVE COMPONENT development)
install(DIRECTORY include/redial DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING
        PATTERN "*.hpp")

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/redial)
install(EXPORT redialTargets NAMESPACE redial:: DESTINATION ${config_dir} COMPONENT development)
if(TARGET redial_prometheus)
  install(TARGETS redial_prometheus EXPORT redialPrometheusTargets)
  install(EXPORT redialPrometheusTargets NAMESPACE redial:: DESTINATION ${config_dir} COMPONENT development)
endif()
configure_package_config_file(cmake/redialConfig.cmake.in ${PROJECT_BINARY_DIR}/redialConfig.cmake
                              INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/redialConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/redialConfig.cmake ${PROJECT_BINARY_DIR}/redialConfigVersion.cmake
        DESTINATION ${config_dir} COMPONENT development)

# The way from redial.pc to the prefix, so that an installed tree may be moved.
file(RELATIVE_PATH pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
# What a static library stands on is its user's to link. pkg-config wants it there even for --cflags, so a shared one names
# nothing.
if(BUILD_SHARED_LIBS)
  set(pc_private "")
else()
  set(pc_private "Requires.private: openssl zlib fmt libidn2 libpsl libbrotlidec libzstd\nLibs.private: -lboost_url -pthread\n")
endif()
configure_file(cmake/redial.pc.in ${PROJECT_BINARY_DIR}/redial.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/redial.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

if(TARGET redial_command)
  install(TARGETS redial_command COMPONENT command)
  if(NOT CMAKE_CROSSCOMPILING)
    set(described ${PROJECT_BINARY_DIR}/described) # cli/CMakeLists.txt
    install(FILES ${described}/redial.1.gz DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT command)
    install(FILES ${described}/redial DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
            COMPONENT command)
    install(FILES ${described}/_redial DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT command)
    install(FILES ${described}/redial.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
            COMPONENT command)
  endif()
endif()

if(PROJECT_IS_TOP_LEVEL)
  include(RedialPackages)
endif()
