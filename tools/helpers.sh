# shellcheck shell=bash disable=SC2034
# What the commands of ./lesson share. Each script in tools/ reads this file first.

export LC_ALL=C.UTF-8
set +efu -o pipefail  # an exported SHELLOPTS may have set the others
here=$PWD
root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.." && pwd) || exit 1
cd -- "$root" || exit 1

jobs=$(getconf _NPROCESSORS_ONLN 2>/dev/null) || jobs=2
test_jobs=$((2 * jobs < 8 ? 8 : 2 * jobs))  # most tests wait for other programs and need little of a processor
lessons='blocking-server blocking-client async-client reactor-client-1 reactor-client-2'

say() { printf '%s\n' "$*"; }
fail() { printf 'lesson: %s\n' "$*" >&2; exit 1; }
usage_error() { printf 'lesson: %s\n' "$*" >&2; exit 2; }
found() { command -v "$1" >/dev/null 2>&1; }

# use_work_folder: fills $POETRY_WORK_DIR with links to the files of the repository and continues there, for a
# repository that cannot be written. build/ and my/ in it are no links.
use_work_folder() {
  local work true_root entry link
  true_root=$(pwd -P)
  work=$(cd -- "$here" && realpath -m -- "$POETRY_WORK_DIR") || exit 1
  [ "$work" != "$true_root" ] || return 0  # its own ./lesson was started
  [[ $work != "$true_root"/* ]] || usage_error 'POETRY_WORK_DIR is inside the repository; choose a folder outside, or unset it'
  { mkdir -p -- "$work" && [ -w "$work" ]; } 2>/dev/null || usage_error "POETRY_WORK_DIR cannot be written: $work"
  for entry in "$root"/* "$root"/.clang-*; do
    link=$work/${entry##*/}
    if [[ $link == */build || $link == */my || $link -ef $entry ]]; then continue; fi
    [ ! -e "$link" ] ||
      usage_error "POETRY_WORK_DIR has a '${entry##*/}' of its own: $work; choose a new or an empty folder"
    ln -sfn -- "$entry" "$link" || exit 1
  done
  root=$work
  cd -- "$root" || exit 1
}
[ -z "$POETRY_WORK_DIR" ] || use_work_folder

# need_to_write FOLDER: makes it.
need_to_write() {
  # CMake and make read these characters in their own way.
  [[ $root != *[':#;|<>"\'$'\t\n']* && $root != *'${'* ]] ||
    fail "CMake cannot build in a folder whose name has a tab, a newline or one of : # ; | < > \" \\ \${; rename it:" \
      "${root//[$'\t\n']/?}"
  { mkdir -p "$1" 2>/dev/null && [ -w "$1" ]; } ||
    fail "cannot write $root/$1; to keep build/ and my/ in a folder of your own: export POETRY_WORK_DIR=~/poetry"
}

# ---------------------------------------------------------------- packages

# The names of Debian's packages, the same in Debian 12, 13 and testing.
to_build_one=(g++ make cmake pkgconf libevent-dev libcli11-dev libgtest-dev)  # one lesson alone
to_build=("${to_build_one[@]}" nlohmann-json3-dev)
to_fuzz=(clang libclang-rt-dev)
to_verify=("${to_fuzz[@]}" libc++-dev libc++abi-dev clang-format clang-tidy ccache python3 strace)
to_bench=(libbenchmark-dev libuv1-dev libasio-dev gnuplot-nox)
to_book=(python3 mkdocs-material)
to_browse=(nodejs npm chromium fonts-liberation "${to_book[@]}")

# has PACKAGE: a command of the same name is enough, wherever it comes from. Where there is no dpkg, the
# libraries are not looked for: CMake names the ones that it does not find.
has() {
  found "$1" && return
  ! found dpkg-query || dpkg-query -W -f '${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}

# need_new_cmake: says so if the CMake that is found is older than the one that CMakeLists.txt names.
need_new_cmake() {
  local needed version
  needed=$(sed -n 's/^cmake_minimum_required(VERSION \(.*\))$/\1/p' CMakeLists.txt)
  version=$(cmake --version | sed -n 's/^cmake version //p')
  printf '%s\n' "$needed" "$version" | sort -C -V ||
    fail "$(command -v cmake) is version $version, and version $needed or newer is needed; install a newer CMake," \
      'or remove this one from PATH'
}

# find_missing PACKAGE...: fills the array `missing`.
find_missing() {
  local package
  missing=()
  for package in "$@"; do
    has "$package" || missing+=("$package")
  done
}

# install_missing PACKAGE...: installs with apt what is missing. If it cannot, it prints what to type.
install_missing() {
  find_missing "$@"
  if [ ${#missing[@]} = 0 ]; then
    need_new_cmake
    return
  fi
  local as_root=() apt=(apt-get install -y --no-install-recommends "${missing[@]}")
  found apt-get || fail "not installed: ${missing[*]} (Debian's names); install them with your package manager"
  if [ "$(id -u)" != 0 ]; then
    # Without a terminal, sudo cannot ask for a password.
    if found sudo && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
      as_root=(sudo)
    else
      fail "not installed: ${missing[*]}; these commands, as root, install them: apt-get update && ${apt[*]}"
    fi
  fi
  say "Installing with apt: ${missing[*]}"
  "${as_root[@]}" apt-get update -q || say 'apt-get update failed; using the package lists that are here'
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive "${apt[@]}" -q \
    -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 || fail "the installation failed: ${apt[*]}"
  hash -r
  find_missing "$@"
  [ ${#missing[@]} = 0 ] || fail "still not installed: ${missing[*]}"
  need_new_cmake
}

# need_packages PACKAGE...: for commands that install nothing.
need_packages() {
  find_missing "$@"
  [ ${#missing[@]} = 0 ] || fail "not installed: ${missing[*]}; ./lesson setup installs them"
  need_new_cmake
}

# need_proc: the sanitizers read /proc, and so do tests and checks that look at other processes.
need_proc() {
  [ -e /proc/self/exe ] || fail 'tests and checks need /proc; this command, as root, mounts it: mount -t proc proc /proc'
}

# The driver of the browser comes from npm and is installed in build/browser/.
driver=build/browser/node_modules/playwright-core

can_browse() {
  find_missing "${to_browse[@]}"
  [ ${#missing[@]} = 0 ] && [ -d $driver ] &&
    cmp -s tools/compare-stages/browser/package-lock.json build/browser/package-lock.json
}

install_browser() {
  install_missing "${to_browse[@]}"
  ! can_browse || return 0
  say 'Installing with npm: playwright-core'
  mkdir -p build/browser && cp tools/compare-stages/browser/package*.json build/browser/ &&
    (cd build/browser && npm ci --no-audit --no-fund) || { rm -rf $driver; fail 'the installation with npm failed'; }
}

# ---------------------------------------------------------------- processes

# start() puts each command into a process group of its own, so that one signal ends the command and its
# children. Long commands run in this way: bash handles a signal only when no command runs in the foreground.
# A script ends all of them before it exits.
children=''

# start COMMAND...: runs it in the background and sets `child`.
start() {
  set -m
  "$@" </dev/null &
  child=$!
  set +m
  children="$children $child"
}

# finish PID: waits for it and returns its exit code.
finish() {
  local status
  wait "$1" 2>/dev/null
  status=$?
  children=$(tr ' ' '\n' <<<"$children" | grep -vx "$1" | paste -s -d ' ')
  return $status
}

end_children() {
  local pid patience=30
  local IFS=' '  # the signal may arrive while `IFS= read` runs
  trap '' HUP INT QUIT PIPE TERM
  for pid in $children; do kill -TERM -- "-$pid" 2>/dev/null; done
  for pid in $children; do
    while kill -0 -- "-$pid" 2>/dev/null && [ $((patience -= 1)) -ge 0 ]; do sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null
    wait "$pid" 2>/dev/null
  done
  children=''
}
trap end_children EXIT
# 128 and the number of the signal. SIGPIPE is there for `./lesson ... | head`.
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 131' QUIT
trap 'exit 141' PIPE
trap 'exit 143' TERM

# ---------------------------------------------------------------- building

# lock: two terminals may run ./lesson at the same time, but only one may build. unlock lets the next one build.
lock() {
  need_to_write build
  exec 9>build/.lock || exit 1
  if found flock && ! flock -n 9; then
    say 'lesson: another command builds in build/; waiting for its end' >&2
    start flock 9
    finish "$child"
  fi
}

unlock() { exec 9>&-; }

# compile TARGET: builds it in build/ and leaves out the lines about targets that are up to date.
compile() {
  cmake --build build --target "$1" --parallel "$jobs" 2>&1 |
    sed -e '/Built target/d' -e '/^Consolidate compiler/d' -e '/ninja: no work to do/d'
}

# configure FOLDER SOURCE ARG...: runs CMake, which builds SOURCE in FOLDER. After the repository has moved,
# CMake refuses the old build folder, so it then starts afresh.
configure() {
  local cache=$1/CMakeCache.txt fresh=()
  if [ -f "$cache" ] && ! grep -qxF "CMAKE_HOME_DIRECTORY:INTERNAL=$2" "$cache"; then fresh=(--fresh); fi
  cmake "${@:3}" "${fresh[@]}"
}

# build_target TARGET: configures build/ and compiles.
build_target() {
  local log=build/logs/configure.log
  lock
  mkdir -p build/logs || exit 1
  start configure build "$root" --preset dev >"$log" 2>&1
  finish "$child" || { cat "$log" >&2; fail 'CMake could not configure build/; its messages are above'; }
  start compile "$1"
  finish "$child" || fail 'the build failed; the messages of the compiler are above'
  unlock
}

build_preset() {
  configure "build/$1" "$root" --preset "$1" && cmake --build --preset "$1" --parallel "$jobs"
}

# build_quietly PRESET: prints the messages of the build only if it fails.
build_quietly() {
  say "Building in build/$1/."
  lock
  mkdir -p build/logs || exit 1
  start build_preset "$1" >"build/logs/$1.log" 2>&1
  finish "$child" || { cat "build/logs/$1.log" >&2; fail 'the build failed; its messages are above'; }
  unlock
}

# ---------------------------------------------------------------- steps

logs=build/logs
broken=''

# step NAME TITLE COMMAND...: runs it, with its output in a log. Prints a dot every ten seconds.
step() {
  local name=$1 log=$logs/$1.log begin=$SECONDS dots=0
  mkdir -p "$logs" || exit 1
  printf '%-56s' "$2"
  shift 2
  start "$@" >"$log" 2>&1
  while kill -0 "$child" 2>/dev/null; do
    sleep 0.2
    if [ $(((SECONDS - begin) / 10)) -gt $dots ]; then
      dots=$((dots + 1))
      printf .
    fi
  done
  if finish "$child"; then
    printf ' ok, %d s' $((SECONDS - begin))
    # The summary of CTest or of node.
    sed -n -e 's/^\([0-9]*% tests passed.*\)/; \1/p' -e 's/^ℹ pass \([0-9]*\)/; \1 tests passed/p' "$log" | tr -d '\n'
    say ''
  else
    printf ' FAILED, %d s\n' $((SECONDS - begin))
    broken="$broken $name"
    tail -n 40 "$log" | sed 's/^/    /'
    say "    the whole log: $log"
    return 1
  fi
}

# end_steps: the exit code of a script that ran steps.
end_steps() {
  say ''
  [ -z "$broken" ] || fail "failed:$broken"
  say "All passed, in $SECONDS seconds."
}
