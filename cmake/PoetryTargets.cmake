# The compiler settings that all our targets take, and the functions that make the targets.

# Warnings are for us, not for those who link us: every target links this one privately.
add_library(poetry_warnings INTERFACE)
add_library(poetry::warnings ALIAS poetry_warnings)
target_compile_options(poetry_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wold-style-cast -Wcast-align -Wformat=2
  $<$<BOOL:${POETRY_WERROR}>:-Werror>)

# The sanitizers, with POETRY_SANITIZE=ON. A finding of UBSan ends the program like one of ASan. Without
# the vptr check: it looks at memory through a pipe, and where a test has taken all descriptors, so
# that there can be no pipe, it finds fault with what is right.
add_library(poetry_sanitizers INTERFACE)
add_library(poetry::sanitizers ALIAS poetry_sanitizers)
if(POETRY_SANITIZE)
  set(sanitize -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all)
  target_compile_options(poetry_sanitizers INTERFACE ${sanitize} -fno-omit-frame-pointer)
  target_link_options(poetry_sanitizers INTERFACE ${sanitize})
endif()

# With POETRY_FUZZ=ON, libFuzzer sees which way each branch of ours goes. tests/fuzz brings its main().
if(POETRY_FUZZ)
  target_compile_options(poetry_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(poetry_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()

# For code whose frames must show in reactor-client-2-stack. An optimized `return f();` jumps to f
# instead of calling it, and the frame that did so is gone; this keeps it, in every build type.
add_library(poetry_frames INTERFACE)
add_library(poetry::frames ALIAS poetry_frames)
target_compile_options(poetry_frames INTERFACE -fno-optimize-sibling-calls)

# What each target of ours takes, whatever it is.
function(poetry_settings target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PRIVATE poetry::warnings poetry::sanitizers)
endfunction()

# poetry_library(net SOURCES ... HEADERS ...)
# A part of common/: the static library poetry::net, whose headers are included as "net/address.hpp".
# With BASE, a part of another folder.
# The headers stand alone: with CMAKE_VERIFY_INTERFACE_HEADER_SETS=ON, as in the preset gcc, the target
# all_verify_interface_header_sets compiles each of them by itself.
function(poetry_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "BASE" "SOURCES;HEADERS")
  if(NOT arg_BASE)
    set(arg_BASE ${POETRY_ROOT}/common)
  endif()
  set(target poetry_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(poetry::${name} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS ${arg_BASE} FILES ${arg_HEADERS})
  poetry_settings(${target})
endfunction()

# poetry_program(async-client get_poetry.cpp ...)
# A program in build/bin, built by `programs`.
function(poetry_program name)
  add_executable(${name} ${ARGN})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
  poetry_settings(${name})
  add_dependencies(programs ${name})
endfunction()

# poetry_tests(async-client LABEL async-client SOURCES tests/... PROGRAMS async-client)
# The GoogleTest program async-client-tests. `ctest -L async-client` runs it; it may start PROGRAMS.
function(poetry_tests name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL" "SOURCES;PROGRAMS")
  set(target ${name}-tests)
  add_executable(${target} ${arg_SOURCES})
  poetry_settings(${target})
  target_link_libraries(${target} PRIVATE poetry::support)
  target_compile_definitions(${target} PRIVATE
    POETRY_BIN_DIR="${CMAKE_BINARY_DIR}/bin" POETRY_POETRY_DIR="${POETRY_ROOT}/poetry")
  if(arg_PROGRAMS)
    add_dependencies(${target} ${arg_PROGRAMS})
  endif()
  # The tests are listed when ctest starts, not while the reader waits for the build.
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT 120)
endfunction()
