#include "source.hpp"

#include <cerrno>
#include <sstream>
#include <stdexcept>
#include <system_error>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>  // clock_getcpuclockid
#include <unistd.h>

namespace poetry {

namespace {

/// Enough for 10,000 clients at once, each of whose queues holds at most 4,096 on most systems.
constexpr const char* kPorts = "16";

constexpr int kPatienceMilliseconds = 120'000;

struct Pipe {
  UniqueFd readEnd;
  UniqueFd writeEnd;
};

Pipe makePipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) {
    throw std::system_error(errno, std::generic_category(), "pipe2");
  }
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

}  // namespace

PoemSource::PoemSource(const std::string& program, std::size_t bytes, std::size_t chunks) {
  Pipe input = makePipe();
  Pipe output = makePipe();
  std::vector<std::string> command = {program, kPorts, std::to_string(bytes)};
  if (chunks > 0) {
    command.push_back(std::to_string(chunks));
  }
  std::vector<char*> words;
  for (std::string& word : command) {
    words.push_back(word.data());
  }
  words.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input.readEnd.get(), STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, output.writeEnd.get(), STDOUT_FILENO);
  Cores::leaveLast();
  const int error = ::posix_spawn(&pid_, words[0], &actions, nullptr, words.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) {
    throw std::system_error(error, std::generic_category(), program);
  }
  input_ = std::move(input.writeEnd);
  output_ = std::move(output.readEnd);
  output.writeEnd.reset();  // so that the end of the program is an end of file

  std::istringstream line(readLine());  // "Serving 3000 bytes on ports 40001 40002."
  std::string word;
  for (int i = 0; i < 5; ++i) {
    line >> word;
  }
  while (line >> word) {
    ports_.push_back(word.substr(0, word.find('.')));
  }
}

PoemSource::~PoemSource() {
  input_.reset();  // at the end of its input it ends
  ::waitpid(pid_, nullptr, 0);
}

std::vector<std::string> PoemSource::ports(std::size_t number) const {
  std::vector<std::string> result;
  for (std::size_t i = 0; i < number; ++i) {
    result.push_back(ports_[i % ports_.size()]);
  }
  return result;
}

void PoemSource::hold(std::size_t number) {
  const std::string count = std::to_string(number);
  command("hold " + count, "Holding " + count + '.');
}

void PoemSource::sendChunk() {
  command("chunk", "Sent chunk");
}

Seconds PoemSource::cpuTime() const {
  clockid_t clock = 0;
  timespec time{};
  ::clock_getcpuclockid(pid_, &clock);
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::string PoemSource::readLine() {
  std::string line;
  while (!line.ends_with('\n')) {
    pollfd waiting{output_.get(), POLLIN, 0};
    char character = 0;
    if (::poll(&waiting, 1, kPatienceMilliseconds) <= 0 ||
        ::read(output_.get(), &character, 1) != 1) {
      throw std::runtime_error("poem-source does not answer");
    }
    line += character;
  }
  return line;
}

void PoemSource::command(const std::string& line, const std::string& answer) {
  const std::string text = line + '\n';
  if (::write(input_.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("poem-source has ended");
  }
  if (const std::string said = readLine(); !said.starts_with(answer)) {
    throw std::runtime_error("poem-source said: " + said);
  }
}

}  // namespace poetry
