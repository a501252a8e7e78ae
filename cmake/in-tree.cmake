# SPDX-License-Identifier: GPL-2.0-only
# Inside an ns-3 tree, as contrib/offload. The examples are in examples/CMakeLists.txt, which
# build_lib reads.
find_package(Boost 1.74 QUIET COMPONENTS context iostreams system filesystem)
find_package(nlohmann_json QUIET)
find_path(GNUPLOT_IOSTREAM_INCLUDE gnuplot-iostream.h)
find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(ELFUTILS QUIET IMPORTED_TARGET GLOBAL libelf libdw)
endif()
if(NOT Boost_FOUND OR NOT nlohmann_json_FOUND OR NOT GNUPLOT_IOSTREAM_INCLUDE OR NOT ELFUTILS_FOUND)
  message(
    WARNING
      "offload is left out: it needs Boost >= 1.74 (context, iostreams, system, filesystem), "
      "nlohmann_json, gnuplot-iostream, and elfutils (libelf, libdw) with pkg-config. Debian: apt "
      "install libboost-context-dev libboost-iostreams-dev libboost-system-dev "
      "libboost-filesystem-dev nlohmann-json3-dev libgnuplot-iostream-dev libelf-dev libdw-dev "
      "pkg-config"
  )
  return()
endif()

include(cmake/handlers.cmake)
if(NOT OFFLOAD_RISCV_CC)
  message(STATUS "offload: no C compiler for RISC-V handlers (Debian: gcc-riscv64-unknown-elf), so the "
                 "example handlers and the tests that run them are left out")
  list(FILTER offload_tests EXCLUDE REGEX "^test/riscv/")
endif()

set(suite)
if(${ENABLE_TESTS})
  find_package(GTest QUIET)
  if(GTest_FOUND)
    # One ns-3 test suite, "offload", runs every GoogleTest test of the module.
    file(GLOB suite CONFIGURE_DEPENDS RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} test/ns3/*.cc)
    list(APPEND suite ${offload_tests})
  else()
    message(STATUS "offload: GoogleTest not found (Debian: libgtest-dev), so its test suite is left out")
  endif()
endif()

build_lib(
  LIBNAME offload
  SOURCE_FILES ${offload_sources}
  HEADER_FILES ${offload_headers}
  LIBRARIES_TO_LINK ${offload_ns3_libraries}
                    Boost::context
                    Boost::iostreams
                    Boost::system
                    Boost::filesystem
                    PkgConfig::ELFUTILS
  TEST_SOURCES ${suite}
)

# Sources belong to an object library where there is one; names begin with lib up to ns-3.42.
include(cmake/unity.cmake)
foreach(target liboffload-obj offload-obj liboffload offload)
  if(TARGET ${target})
    offload_unity(${target} ${offload_sources})
    break()
  endif()
endforeach()

# The test library is called liboffload-test up to ns-3.42 and offload-test after.
foreach(target liboffload-test offload-test)
  if(TARGET ${target})
    offload_unity(${target} ${suite})
    target_link_libraries(${target} GTest::gtest)
    target_include_directories(${target} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/test)
    target_compile_definitions(${target} PRIVATE ${offload_handler_definitions})
    if(OFFLOAD_RISCV_CC)
      add_dependencies(${target} offload-handlers)
    endif()
  endif()
endforeach()
