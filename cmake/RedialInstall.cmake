include(CMakePackageConfigHelpers)

install(TARGETS redial redial_testing EXPORT redialTargets)
if(TARGET redial_command)
  install(TARGETS redial_command)
endif()
install(DIRECTORY include/redial DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")

set(config_dir ${CMAKE_INSTALL_LIBDIR}/cmake/redial)
install(EXPORT redialTargets NAMESPACE redial:: DESTINATION ${config_dir})
configure_package_config_file(cmake/redialConfig.cmake.in ${PROJECT_BINARY_DIR}/redialConfig.cmake
                              INSTALL_DESTINATION ${config_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/redialConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/redialConfig.cmake ${PROJECT_BINARY_DIR}/redialConfigVersion.cmake
        DESTINATION ${config_dir})

# The way from redial.pc to the prefix, so that an installed tree may be moved.
file(RELATIVE_PATH pc_to_prefix /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
configure_file(cmake/redial.pc.in ${PROJECT_BINARY_DIR}/redial.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/redial.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
