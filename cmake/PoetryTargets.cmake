# The compiler settings of all our targets, and the functions that make the targets.
include_guard(GLOBAL)

# Warnings are for us, not for those who link us: every target links this one privately.
add_library(poetry_warnings INTERFACE)
add_library(poetry::warnings ALIAS poetry_warnings)
target_compile_options(poetry_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor
  -Woverloaded-virtual -Wold-style-cast -Wcast-align -Wformat=2
  $<$<BOOL:${POETRY_WERROR}>:-Werror>)

# The sanitizers, with POETRY_SANITIZE=ON. A finding of UBSan ends the program, as one of ASan does. Without
# the vptr check: it reads memory through a pipe, and reports correct code as wrong while a test has taken
# all descriptors.
add_library(poetry_sanitizers INTERFACE)
add_library(poetry::sanitizers ALIAS poetry_sanitizers)
if(POETRY_SANITIZE)
  set(sanitize -fsanitize=address,undefined -fno-sanitize=vptr -fno-sanitize-recover=all)
  target_compile_options(poetry_sanitizers INTERFACE ${sanitize} -fno-omit-frame-pointer)
  target_link_options(poetry_sanitizers INTERFACE ${sanitize})
endif()

# With POETRY_FUZZ=ON, libFuzzer sees which branches our code takes. tests/fuzz brings its main function.
if(POETRY_FUZZ)
  target_compile_options(poetry_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
  target_link_options(poetry_sanitizers INTERFACE -fsanitize=fuzzer-no-link)
endif()

# For code that reactor-client-2-stack shows as frames of its call stack, in every build. Each option keeps
# something that an optimized build may lose: the frame of a function that ends in `return f();`, the function
# itself (link-time optimization inlines it), its name in the program's table of symbols.
add_library(poetry_frames INTERFACE)
add_library(poetry::frames ALIAS poetry_frames)
target_compile_options(poetry_frames INTERFACE
  -fno-optimize-sibling-calls -fno-lto -fvisibility=default -fno-visibility-inlines-hidden)

# poetry_settings(TARGET): what each target of ours needs.
function(poetry_settings target)
  target_compile_features(${target} PUBLIC cxx_std_20)
  target_link_libraries(${target} PRIVATE poetry::warnings poetry::sanitizers)
endfunction()

# poetry_output(TARGET): the program goes to bin/ in the build folder. The expression is always the same
# text; without it, a generator that has all build types at once would add a folder for each.
function(poetry_output target)
  set_target_properties(${target} PROPERTIES RUNTIME_OUTPUT_DIRECTORY "$<1:${CMAKE_BINARY_DIR}/bin>")
endfunction()

# poetry_library(net SOURCES ... HEADERS ...)
# A part of common/: the static library poetry::net, whose headers are included as "net/address.hpp".
# With BASE, a part of another folder.
# The headers stand alone: with CMAKE_VERIFY_INTERFACE_HEADER_SETS=ON, as in the preset gcc, the target
# all_verify_interface_header_sets compiles each of them by itself.
function(poetry_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "BASE" "SOURCES;HEADERS")
  if(NOT arg_BASE)
    set(arg_BASE "${POETRY_ROOT}/common")
  endif()
  set(target poetry_${name})
  add_library(${target} STATIC ${arg_SOURCES})
  add_library(poetry::${name} ALIAS ${target})
  target_sources(${target} PUBLIC FILE_SET HEADERS BASE_DIRS "${arg_BASE}" FILES ${arg_HEADERS})
  poetry_settings(${target})
endfunction()

# poetry_program(async-client get_poetry.cpp ...)
# A program in bin/. In the whole tree, `cmake --build build --target programs` builds it.
function(poetry_program name)
  add_executable(${name} ${ARGN})
  poetry_output(${name})
  poetry_settings(${name})
  if(CMAKE_SOURCE_DIR STREQUAL POETRY_ROOT)
    add_dependencies(programs ${name})
  endif()
endfunction()

# poetry_reuse_headers(TARGET OWNER): the target uses the precompiled headers of another. CMake 4 warns of that
# where they are switched off.
function(poetry_reuse_headers target owner)
  if(NOT CMAKE_DISABLE_PRECOMPILE_HEADERS)
    set_target_properties(${target} PROPERTIES PRECOMPILE_HEADERS_REUSE_FROM ${owner})
  endif()
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
  poetry_reuse_headers(${target} poetry_support)
  if(arg_PROGRAMS)
    add_dependencies(${target} ${arg_PROGRAMS})
  endif()
  # The tests are listed when ctest starts, not while the reader waits for the build.
  gtest_discover_tests(${target} DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
    PROPERTIES LABELS ${arg_LABEL} TIMEOUT 120)
endfunction()
