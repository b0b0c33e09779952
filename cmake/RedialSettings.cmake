# What every target of ours shares: the language, visibility, warnings, ccache and lld.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(PROJECT_IS_TOP_LEVEL)
  set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
  if(NOT CMAKE_BUILD_TYPE)
    set(CMAKE_BUILD_TYPE Release)
  endif()
  find_program(REDIAL_CCACHE ccache)
  if(REDIAL_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
    # ccache caches what uses a precompiled header only when told that its time stamp does not matter.
    set(CMAKE_CXX_COMPILER_LAUNCHER env CCACHE_SLOPPINESS=pch_defines,time_macros ${REDIAL_CCACHE})
  endif()
  find_program(REDIAL_LLD ld.lld)
  if(REDIAL_LLD)
    add_link_options(-fuse-ld=lld)
  endif()
endif()

# redial_warnings(TARGET): a target of ours is clean. Headers of others come from system directories, which are silent.
function(redial_warnings target)
  target_compile_options(
    ${target}
    PRIVATE -Wall -Wextra -Wpedantic -Wconversion -Wshadow $<$<BOOL:${REDIAL_WERROR}>:-Werror>
            # Shown, but no error: g++ 12 takes the clean-up of a temporary that was never made for a use of it.
            $<$<CXX_COMPILER_ID:GNU>:-Wno-error=maybe-uninitialized>)
endfunction()

# redial_library(TARGET): a library that is installed.
function(redial_library target)
  redial_warnings(${target})
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_include_directories(
    ${target}
    PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>
    PRIVATE ${PROJECT_SOURCE_DIR}/src)
  target_link_libraries(${target} PUBLIC tl::expected)
  set_target_properties(
    ${target}
    PROPERTIES POSITION_INDEPENDENT_CODE ON
               CXX_VISIBILITY_PRESET hidden
               VISIBILITY_INLINES_HIDDEN ON
               DEFINE_SYMBOL "" # the same objects, static and shared
               VERSION ${PROJECT_VERSION}
               SOVERSION ${PROJECT_VERSION_MAJOR}
               INSTALL_RPATH $ORIGIN)
  get_target_property(type ${target} TYPE)
  if(type STREQUAL SHARED_LIBRARY AND NOT APPLE)
    set(exports ${PROJECT_SOURCE_DIR}/cmake/exports.map)
    target_link_options(${target} PRIVATE LINKER:--version-script=${exports})
    set_target_properties(${target} PROPERTIES LINK_DEPENDS ${exports})
  endif()
endfunction()
