#include "source.hpp"

#include <sstream>
#include <stdexcept>

#include <poll.h>
#include <time.h>  // clock_getcpuclockid
#include <unistd.h>

namespace poetry {

namespace {

/// Enough for 10,000 clients at once: on most systems the queue of a port holds at most 4,096.
constexpr const char* kPorts = "16";

constexpr int kPatienceMilliseconds = 120'000;

std::vector<std::string> commandLine(const std::string& program, std::size_t bytes,
                                     std::size_t chunks) {
  std::vector<std::string> command = {program, kPorts, std::to_string(bytes)};
  if (chunks > 0) {
    command.push_back(std::to_string(chunks));
  }
  return command;
}

}  // namespace

PoemSource::PoemSource(const std::string& program, std::size_t bytes, std::size_t chunks)
    : process_(commandLine(program, bytes, chunks),
               {.input = StreamKind::kPipe, .errors = StreamKind::kOurs}) {
  std::istringstream line(readLine());  // "Serving 3000 bytes on ports 40001 40002."
  std::string word;
  for (int i = 0; i < 5; ++i) {
    line >> word;
  }
  while (line >> word) {
    ports_.push_back(word.substr(0, word.find('.')));
  }
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

Duration PoemSource::cpuTime() const {
  clockid_t clock = 0;
  timespec time{};
  ::clock_getcpuclockid(process_.pid(), &clock);
  ::clock_gettime(clock, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

std::string PoemSource::readLine() {
  const int output = process_.pipes().output.get();
  std::string line;
  while (!line.ends_with('\n')) {
    pollfd waiting{output, POLLIN, 0};
    char character = 0;
    if (::poll(&waiting, 1, kPatienceMilliseconds) <= 0 || ::read(output, &character, 1) != 1) {
      throw std::runtime_error("poem-source does not answer");
    }
    line += character;
  }
  return line;
}

void PoemSource::command(const std::string& line, const std::string& answer) {
  const std::string text = line + '\n';
  if (::write(process_.pipes().input.get(), text.data(), text.size()) !=
      static_cast<ssize_t>(text.size())) {
    throw std::runtime_error("poem-source has ended");
  }
  if (const std::string reply = readLine(); !reply.starts_with(answer)) {
    throw std::runtime_error("poem-source answered: " + reply);
  }
}

}  // namespace poetry
