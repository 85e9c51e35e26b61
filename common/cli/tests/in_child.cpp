#include "in_child.hpp"

#include "net/unique_fd.hpp"

#include <cstdio>
#include <stdexcept>

#include <fcntl.h>
#include <sys/mman.h>  // memfd_create
#include <sys/wait.h>
#include <unistd.h>

namespace poetry::testing {

namespace {

std::string contents(int file) {
  std::string text;
  char buffer[4096];
  ssize_t count = 0;
  while ((count = ::pread(file, buffer, sizeof buffer, static_cast<off_t>(text.size()))) > 0) {
    text.append(buffer, static_cast<std::size_t>(count));
  }
  return text;
}

}  // namespace

Outcome inChild(const std::function<int()>& body, const std::function<void()>& prepare) {
  const UniqueFd output(::memfd_create("output", MFD_CLOEXEC));
  const UniqueFd errors(::memfd_create("errors", MFD_CLOEXEC));
  std::fflush(nullptr);  // or the child writes what GoogleTest has printed a second time
  const pid_t child = ::fork();
  if (child < 0) {
    throw std::runtime_error("fork failed");
  }
  if (child == 0) {
    ::dup2(output.get(), STDOUT_FILENO);
    ::dup2(errors.get(), STDERR_FILENO);
    if (prepare) {
      prepare();
    }
    ::_exit(body());
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  Outcome outcome{.output = contents(output.get()), .errors = contents(errors.get())};
  if (WIFEXITED(status)) {
    outcome.exitCode = WEXITSTATUS(status);
  } else {
    outcome.signal = WTERMSIG(status);
  }
  return outcome;
}

void redirect(int stream, const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDWR | O_CLOEXEC));
  if (!file.valid() || ::dup2(file.get(), stream) < 0) {
    throw std::runtime_error("cannot redirect to " + path);
  }
}

Arguments::Arguments(std::vector<std::string> words) : words_(std::move(words)) {
  words_.insert(words_.begin(), "program");
  for (std::string& word : words_) {
    pointers_.push_back(word.data());
  }
  pointers_.push_back(nullptr);
}

}  // namespace poetry::testing
