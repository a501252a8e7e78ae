# SPDX-License-Identifier: GPL-2.0-only
# Most of the time to compile one of the module's files goes to ns-3's headers. So files of a folder
# are compiled a few at a time, which takes a third of the time of one by one.
option(OFFLOAD_UNITY "Compile several files of a folder at a time: quicker, but a changed file takes its neighbours along" ON)
set(offload_unity_files 8) # beyond that little is won, and two cores should be busy until the end

# Left alone: where the files of a folder mean different things by the same local names.
set(offload_alone "^model/spin/handlers/|^model/rdma/handlers/|^model/flare/canary-|^model/riscv/riscv-(decode|illegal|relocation)|^model/link/link-net-device-pause")

# offload_unity(TARGET FILE...): compile these files of a target, given by their paths in the module, in groups.
function(offload_unity target)
  if(NOT OFFLOAD_UNITY)
    return()
  endif()
  set(folder "")
  foreach(file ${ARGN})
    if(file MATCHES "${offload_alone}")
      continue()
    endif()
    get_filename_component(of ${file} DIRECTORY)
    if(NOT of STREQUAL folder)
      set(folder ${of})
      set(group 0)
      set(files 0)
    elseif(files EQUAL offload_unity_files)
      math(EXPR group "${group} + 1")
      set(files 0)
    endif()
    math(EXPR files "${files} + 1")
    string(MAKE_C_IDENTIFIER "${folder}_${group}" name)
    set_source_files_properties(${file} PROPERTIES UNITY_GROUP ${name})
  endforeach()
  # GCC takes what is included for a header, where a class with a base of an unnamed namespace is an error.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wno-subobject-linkage)
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
endfunction()
