# SPDX-License-Identifier: GPL-2.0-only
# The handlers in examples/handlers, compiled for the HPUs: handlers/NAME.o for packets as PsPIN's
# generator makes them, handlers/NAME-ethernet.o for Ethernet frames. Sets offload_handler_definitions
# for the tests that run them, to nothing when there is no cross compiler.
find_program(OFFLOAD_RISCV_CC riscv64-unknown-elf-gcc DOC "C compiler for handlers")
set(offload_handler_definitions)
if(OFFLOAD_RISCV_CC)
  set(OFFLOAD_HANDLER_FLAGS -O3 -g -march=rv32imac_zicsr -mabi=ilp32 CACHE STRING "Compiler options of handlers")
  file(GLOB sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/examples/handlers/*.c)
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/examples/handlers/*.h
       ${CMAKE_CURRENT_SOURCE_DIR}/bindings/pspin/*.h)
  set(objects)
  foreach(source ${sources})
    get_filename_component(name ${source} NAME_WE)
    foreach(variant "" -ethernet)
      set(object ${CMAKE_CURRENT_BINARY_DIR}/handlers/${name}${variant}.o)
      add_custom_command(
        OUTPUT ${object}
        COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/handlers
        COMMAND ${OFFLOAD_RISCV_CC} ${OFFLOAD_HANDLER_FLAGS} -Wall -Wextra -I ${CMAKE_CURRENT_SOURCE_DIR}/bindings/pspin
                $<$<STREQUAL:${variant},-ethernet>:-DETHERNET> -c ${source} -o ${object}
        DEPENDS ${source} ${headers}
        COMMENT "Building handler ${name}${variant}.o"
        COMMAND_EXPAND_LISTS VERBATIM
      )
      list(APPEND objects ${object})
    endforeach()
  endforeach()
  add_custom_target(offload-handlers ALL DEPENDS ${objects})
  set(offload_handler_definitions
      OFFLOAD_HANDLERS="${CMAKE_CURRENT_BINARY_DIR}/handlers"
      OFFLOAD_SOURCE="${CMAKE_CURRENT_SOURCE_DIR}"
      OFFLOAD_RISCV_CC="${OFFLOAD_RISCV_CC}"
  )
endif()
