# The lessons depend on these three files: on their sizes, and on a character of more than one byte that
# a chunk can cut in two. Run by ctest: cmake -D POETRY_DIR=... -P check_poems.cmake

# read_poem(<name> <bytes> <out>): checks what all poems have in common.
function(read_poem name bytes out)
  set(file "${POETRY_DIR}/${name}.txt")
  file(SIZE "${file}" size)
  if(NOT size EQUAL bytes)
    message(SEND_ERROR "${name}: ${size} bytes, the lessons count ${bytes}")
  endif()
  # As hexadecimal digits, since CMake has no string of bytes: 0a is the end of a line.
  file(READ "${file}" hex HEX)
  if(NOT hex MATCHES "0a$" OR hex MATCHES "0a0a$")
    message(SEND_ERROR "${name}: must end with one newline")
  endif()
  # Two blank lines in all: after the title, and before the author, who is "    -- Name".
  file(READ "${file}" text)
  if(NOT text MATCHES "^[^\n]+\n\n[^ \n].*[^\n]\n\n    -- [^\n]+\n$" OR text MATCHES "[ \t]\n")
    message(SEND_ERROR "${name}: must be title, blank line, verse, blank line, author")
  endif()
  set(${out} "${hex}" PARENT_SCOPE)
endfunction()

read_poem(ecstasy 3003 ecstasy)
read_poem(fascination 623 fascination)
read_poem(science 653 science)

# Ecstasy: every other line of verse is indented by nine blanks. CMake lists are split at ';' and
# glued at '[', both of which verse may contain, so the lines are taken off the text one by one.
file(READ "${POETRY_DIR}/ecstasy.txt" text)
string(REGEX REPLACE "^[^\n]+\n\n" "" text "${text}")
string(REGEX REPLACE "\n\n[^\n]+\n$" "\n" text "${text}")
set(number 0)
while(NOT text STREQUAL "")
  string(FIND "${text}" "\n" end)
  string(SUBSTRING "${text}" 0 ${end} line)
  math(EXPR end "${end} + 1")
  string(SUBSTRING "${text}" ${end} -1 text)
  math(EXPR number "${number} + 1")
  math(EXPR indented "1 - ${number} % 2")
  if(indented AND NOT line MATCHES "^         [^ ]" OR NOT indented AND NOT line MATCHES "^[^ ]")
    message(SEND_ERROR "ecstasy: wrong indent in line ${number} of the verse: ${line}")
  endif()
endwhile()
if(NOT number EQUAL 76)
  message(SEND_ERROR "ecstasy: ${number} lines of verse, the poem has 76")
endif()

# Fascination: four apostrophes U+2019 (e2 80 99 in UTF-8).
string(REGEX MATCHALL "e28099" apostrophes "${fascination}")
list(LENGTH apostrophes count)
if(NOT count EQUAL 4)
  message(SEND_ERROR "fascination: ${count} apostrophes U+2019, the lessons need 4")
endif()
