#include "cli/report.hpp"

#include "cli/output.hpp"
#include "cli/stopwatch.hpp"

#include <stdexcept>
#include <system_error>

namespace poetry {

namespace {

std::string taskLine(int task) {
  return "Task " + std::to_string(task);
}

std::string bytesOfPoetry(std::size_t bytes) {
  return std::to_string(bytes) + " bytes of poetry";
}

std::string gotLine(int task, std::size_t bytes, const Address& from) {
  return taskLine(task) + ": got " + bytesOfPoetry(bytes) + " from " + from.toString();
}

std::string failedLine(int task, const HostPort& to, const std::string& why) {
  return taskLine(task) + ": failed to connect to " + to.toString() + ": " + why;
}

}  // namespace

Report::Report(const ProgramInfo& program, const ClientOptions& options)
    : program_(program.name),
      quiet_(options.quiet),
      output_(options.output),
      sizes_(options.addresses.size()) {}

void Report::getting(int task, const HostPort& from) const {
  if (!quiet_) {
    printLine(taskLine(task) + ": get poetry from: " + from.toString());
  }
}

void Report::got(int task, std::size_t bytes, const Address& from) const {
  if (!quiet_) {
    printLine(gotLine(task, bytes, from));
  }
}

void Report::gotAll(int task, std::size_t bytes, const Address& from,
                    std::chrono::nanoseconds elapsed) const {
  printLine(gotLine(task, bytes, from) + " in " + formatElapsed(elapsed));
}

void Report::finished(int task) const {
  if (!quiet_) {
    printLine(taskLine(task) + " finished");
  }
}

void Report::failedToConnect(int task, const HostPort& to, const std::string& why) const {
  printError(program_, failedLine(task, to, why));
}

void Report::lost(int task, const Address& from, std::size_t bytes, const std::string& why) const {
  printError(program_, taskLine(task) + ": connection to " + from.toString() + " lost after " +
                           std::to_string(bytes) + " bytes: " + why);
}

void Report::complete(int task, const std::string& poem) {
  sizes_.at(static_cast<std::size_t>(task - 1)) = poem.size();
  ++complete_;
  if (output_.empty()) {
    return;
  }
  const std::filesystem::path file = output_ / ("poem-" + std::to_string(task) + ".txt");
  try {
    saveFile(file, poem);
  } catch (const std::exception& error) {
    printError(program_,
               taskLine(task) + ": cannot save " + file.string() + ": " + describe(error));
    allSaved_ = false;
  }
}

void Report::poems() const {
  std::string lines;
  int task = 0;
  for (const std::optional<std::size_t>& size : sizes_) {
    ++task;
    if (size) {
      lines += lines.empty() ? "" : "\n";
      lines += taskLine(task);
      lines += ": ";
      lines += bytesOfPoetry(*size);
    }
  }
  if (!lines.empty()) {
    printLine(lines);
  }
}

void Report::total(std::chrono::nanoseconds elapsed) const {
  std::string count = std::to_string(complete_);
  if (complete_ < sizes_.size()) {
    count += " of " + std::to_string(sizes_.size());
  }
  printLine("Got " + count + " poems in " + formatElapsed(elapsed));
}

int Report::exitCode() const {
  return complete_ == sizes_.size() && allSaved_ ? 0 : 1;
}

Connection connectTask(int task, const HostPort& to) {
  try {
    return connectTo(to);
  } catch (const std::exception& error) {
    throw std::runtime_error(failedLine(task, to, describe(error)));
  }
}

std::string describe(const std::exception& error) {
  const auto* system = dynamic_cast<const std::system_error*>(&error);
  return system != nullptr ? system->code().message() : error.what();
}

}  // namespace poetry
