# SPDX-License-Identifier: GPL-2.0-only
# Stand-alone build against installed ns-3 libraries.
set(CMAKE_CXX_STANDARD 17 CACHE STRING "C++ standard; Debian's ns-3.37 needs 17, ns-3.48 needs 23")
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
if(NOT CMAKE_BUILD_TYPE)
  set(CMAKE_BUILD_TYPE RelWithDebInfo CACHE STRING "Build type" FORCE)
endif()
option(OFFLOAD_WERROR "Treat warnings as errors" OFF)
option(OFFLOAD_SANITIZE "Build with the address and undefined-behaviour sanitizers" OFF)

find_program(CCACHE ccache)
if(CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CCACHE})
endif()

# Debian's ns3 targets check for the programs of the package `ns3` beside those of libns3-dev.
find_package(ns3 QUIET)
if(NOT ns3_FOUND)
  message(FATAL_ERROR "No usable ns-3 installation. Debian: apt install libns3-dev ns3 (both); "
                      "elsewhere set CMAKE_PREFIX_PATH to where ns-3 is installed.")
endif()
find_package(Boost 1.74 REQUIRED COMPONENTS context iostreams system filesystem)
find_package(GTest REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(Threads REQUIRED)
find_path(GNUPLOT_IOSTREAM_INCLUDE gnuplot-iostream.h)
if(NOT GNUPLOT_IOSTREAM_INCLUDE)
  message(FATAL_ERROR "gnuplot-iostream.h not found. Debian: apt install libgnuplot-iostream-dev gnuplot-nox")
endif()

# ELF files and their debugging information; both are elfutils.
find_package(PkgConfig REQUIRED)
pkg_check_modules(ELFUTILS IMPORTED_TARGET libelf libdw)
if(NOT ELFUTILS_FOUND)
  message(FATAL_ERROR "libelf and libdw (elfutils) not found. Debian: apt install libelf-dev libdw-dev")
endif()

set(ns3_modules core network internet point-to-point applications traffic-control bridge stats)
set(ns3_targets)
foreach(module ${ns3_modules})
  # The targets are ns3::libcore up to 3.42 and ns3::core after.
  if(TARGET ns3::lib${module})
    list(APPEND ns3_targets ns3::lib${module})
  else()
    list(APPEND ns3_targets ns3::${module})
  endif()
endforeach()
# Debian's exported targets carry the paths of the machine that built the package; keep only
# what is ns-3's own (see doc/building.rst).
get_property(imported DIRECTORY PROPERTY IMPORTED_TARGETS)
foreach(target ${imported})
  if(target MATCHES "^ns3::")
    set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "")
    get_target_property(links ${target} INTERFACE_LINK_LIBRARIES)
    if(links)
      list(FILTER links INCLUDE REGEX "^ns3::")
      set_target_properties(${target} PROPERTIES INTERFACE_LINK_LIBRARIES "${links}")
    endif()
  endif()
endforeach()

# All public headers are reached as "ns3/name.h", as in an ns-3 tree, through one folder of links.
set(stage ${CMAKE_CURRENT_BINARY_DIR}/include/ns3)
file(MAKE_DIRECTORY ${stage})
set(umbrella "#ifndef OFFLOAD_MODULE_H\n#define OFFLOAD_MODULE_H\n")
set(staged offload-module.h)
foreach(header ${offload_headers})
  get_filename_component(name ${header} NAME)
  if(name IN_LIST staged)
    message(FATAL_ERROR "${header}: another header of the module is called ${name} already")
  endif()
  list(APPEND staged ${name})
  file(CREATE_LINK ${CMAKE_CURRENT_SOURCE_DIR}/${header} ${stage}/${name} SYMBOLIC)
  string(APPEND umbrella "#include \"${name}\"\n")
endforeach()
string(APPEND umbrella "#endif\n")
file(CONFIGURE OUTPUT ${stage}/offload-module.h CONTENT "${umbrella}" @ONLY)
# A header that was renamed or removed must not be found any more.
file(GLOB present RELATIVE ${stage} ${stage}/*)
foreach(name ${present})
  if(NOT name IN_LIST staged)
    file(REMOVE ${stage}/${name})
  endif()
endforeach()

include(cmake/unity.cmake)
add_library(offload SHARED ${offload_sources})
offload_unity(offload ${offload_sources})
target_include_directories(offload PUBLIC $<BUILD_INTERFACE:${CMAKE_CURRENT_BINARY_DIR}/include>)
# Debian's libraries are built with logs on; without this the class layouts differ.
target_compile_definitions(offload PUBLIC NS3_LOG_ENABLE $<$<CONFIG:Debug>:NS3_ASSERT_ENABLE>)
target_compile_options(offload PUBLIC -Wall -Wextra)
# Calls within the library go straight to their functions, and may be inlined.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  target_compile_options(offload PRIVATE -fno-semantic-interposition)
endif()
target_link_options(offload PRIVATE -Wl,-Bsymbolic-functions)
if(OFFLOAD_WERROR)
  target_compile_options(offload PUBLIC -Werror)
endif()
if(OFFLOAD_SANITIZE)
  target_compile_options(offload PUBLIC -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(offload PUBLIC -fsanitize=address,undefined)
endif()
target_link_libraries(offload PUBLIC ${ns3_targets} Boost::context nlohmann_json::nlohmann_json
                              PRIVATE Boost::iostreams Boost::system Boost::filesystem PkgConfig::ELFUTILS)
# A program that uses the module only through TypeId strings must still load it.
target_link_options(offload INTERFACE -Wl,--no-as-needed)

enable_testing()

include(cmake/handlers.cmake)
if(NOT OFFLOAD_RISCV_CC)
  message(FATAL_ERROR "No C compiler for RISC-V handlers, which the tests run. Debian: apt install gcc-riscv64-unknown-elf; "
                      "elsewhere set OFFLOAD_RISCV_CC to one for riscv32 or riscv64 without an operating system.")
endif()

# Each scenario is also a test: it must run as it is, and its own checks must hold. A thousand
# processes under the sanitizers would take minutes.
set(spin-broadcast_arguments --processes=2,16,128)
foreach(source ${offload_examples})
  get_filename_component(name ${source} NAME_WE)
  add_executable(${name} examples/${source})
  target_link_libraries(${name} PRIVATE offload)
  target_compile_definitions(${name} PRIVATE ${offload_handler_definitions})
  add_dependencies(${name} offload-handlers)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/examples)
  add_test(NAME scenario.${name} COMMAND ${name} ${${name}_arguments} --out=${CMAKE_CURRENT_BINARY_DIR}/scenario/${name})
  set_tests_properties(scenario.${name} PROPERTIES TIMEOUT 600 LABELS scenario)
endforeach()

# The same with handlers in C, and with a timeline and a trace of their instructions.
set(handlers ${CMAKE_CURRENT_BINARY_DIR}/handlers)
set(out ${CMAKE_CURRENT_BINARY_DIR}/scenario)
add_test(NAME scenario.spin-ping-pong-elf
         COMMAND spin-ping-pong --elf=${handlers}/ping-pong.o --packets=10 --out=${out}/spin-ping-pong-elf)
add_test(NAME scenario.spin-handler-riscv
         COMMAND spin-handler --implementation=native,riscv --handler=ping_pong,reduce --packets=8 --packet-bytes=64,1024
                 --timeline --instruction-trace=${out}/instructions.tsv --out=${out}/spin-handler-riscv)
add_test(NAME scenario.spin-handler-slow
         COMMAND spin-handler --handler=empty --packet-bytes=64 --packets=2 --gap-ns=1000000 --out=${out}/spin-handler-slow)
add_test(NAME scenario.spin-handler-symbol
         COMMAND spin-handler --elf=handlers/ping-pong.o --payload=absent --out=${out}/spin-handler-symbol)
set_tests_properties(scenario.spin-handler-symbol PROPERTIES PASS_REGULAR_EXPRESSION
                     "--payload=absent: handlers/ping-pong.o has no function of that name\n$")
set_tests_properties(scenario.spin-ping-pong-elf scenario.spin-handler-riscv scenario.spin-handler-slow
                     scenario.spin-handler-symbol PROPERTIES TIMEOUT 600 LABELS scenario)

# What is refused names the option that was given.
add_test(NAME scenario.fabric-traffic-ports COMMAND fabric-traffic --shape=single-switch:hosts=70000 --out=${out}/refused)
set_tests_properties(scenario.fabric-traffic-ports PROPERTIES LABELS scenario PASS_REGULAR_EXPRESSION
  "--shape=single-switch:hosts=70000: makes a switch of 70000 ports; accepts at most 4096")
add_test(NAME scenario.fabric-traffic-delay COMMAND fabric-traffic --link-delay-ns=1e9 --out=${out}/refused)
set_tests_properties(scenario.fabric-traffic-delay PROPERTIES LABELS scenario PASS_REGULAR_EXPRESSION
  "--link-delay-ns=1000000000: is more than a lossless switch of 16 ports has a buffer for; accepts at most 107[0-9]+ ")

if(offload_tests)
  add_executable(offload-test ${offload_tests})
  offload_unity(offload-test ${offload_tests})
  target_link_libraries(offload-test PRIVATE offload GTest::gtest GTest::gtest_main Threads::Threads)
  target_include_directories(offload-test PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/test)
  # The tests themselves need not be fast, and compile in a quarter to half of the time less.
  target_compile_options(offload-test PRIVATE -O0)
  target_compile_definitions(offload-test PRIVATE ${offload_handler_definitions})
  add_dependencies(offload-test offload-handlers)
  include(GoogleTest)
  gtest_discover_tests(offload-test DISCOVERY_TIMEOUT 60 PROPERTIES TIMEOUT 300)
endif()

foreach(source ${offload_benchmarks})
  get_filename_component(name ${source} NAME_WE)
  add_executable(benchmark-${name} test/benchmark/${source})
  target_link_libraries(benchmark-${name} PRIVATE offload)
  set_target_properties(benchmark-${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_CURRENT_BINARY_DIR}/benchmark)
endforeach()

include(GNUInstallDirs)
install(TARGETS offload LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${offload_headers} ${stage}/offload-module.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/ns3)
