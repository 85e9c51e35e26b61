#include "support/scenario.hpp"

#include "support/child_process.hpp"
#include "support/scripted_server.hpp"

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>

namespace poetry::testing {

namespace {

using Clock = std::chrono::steady_clock;

std::string place(SourceLine where) {
  return std::filesystem::path(where.file).filename().string() + ':' + std::to_string(where.line);
}

std::string escapedWhole(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    const auto c = static_cast<unsigned char>(byte);
    if (byte == '\n') {
      text += "\\n";
    } else if (byte == '"' || byte == '\\') {
      text += '\\';
      text += byte;
    } else if (c >= 0x20 && c < 0x7f) {
      text += byte;
    } else {
      char hex[5];
      std::snprintf(hex, sizeof hex, "\\x%02x", c);
      text += hex;
    }
  }
  return text;
}

}  // namespace

std::string escaped(std::string_view bytes) {
  constexpr std::size_t kEnds = 60;
  if (bytes.size() <= 3 * kEnds) {
    return '"' + escapedWhole(bytes) + '"';
  }
  return '"' + escapedWhole(bytes.substr(0, kEnds)) + "\" ... \"" +
         escapedWhole(bytes.substr(bytes.size() - kEnds)) + "\" (" + std::to_string(bytes.size()) +
         " bytes)";
}

std::string randomBytes(std::size_t size, unsigned seed) {
  // splitmix64: a few operations for eight bytes, also in a build without optimization, in which
  // the engines of the standard library take a second for a poem of 16 MiB.
  std::uint64_t state = seed;
  std::string bytes(size, '\0');
  for (std::size_t i = 0; i < size; i += sizeof state) {
    state += 0x9e3779b97f4a7c15;
    std::uint64_t word = state;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
    word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
    word ^= word >> 31;
    std::memcpy(&bytes[i], &word, std::min(sizeof word, size - i));
  }
  return bytes;
}

std::unique_ptr<ChildProcess> Scenario::start(const std::string& program,
                                              const std::vector<std::string>& arguments,
                                              const ChildOptions& options, SourceLine where) {
  return std::make_unique<ChildProcess>(*this, program, arguments, options, where);
}

ScriptedConnection Scenario::connect(std::uint16_t port, const std::string& host,
                                     SourceLine where) {
  return {*this, port, host, where};
}

void Scenario::note(SourceLine where, std::string_view actor, const std::string& what) {
  // A program that prints without end must not fill the memory.
  if (steps_.size() < 100'000) {
    steps_.push_back({where, std::string(actor), what});
  }
}

void Scenario::fail(SourceLine where, const std::string& what) {
  failure_ = what;
  throw ScenarioError('\n' + place(where) + ": " + what + "\nThe story so far:\n" + story());
}

std::string Scenario::story() const {
  constexpr std::size_t kFirst = 30;
  constexpr std::size_t kLast = 60;
  std::string text;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    if (i == kFirst && steps_.size() > kFirst + kLast) {
      i = steps_.size() - kLast;
      text += "  ... " + std::to_string(i - kFirst) + " more ...\n";
    }
    const Step& step = steps_[i];
    text += "  " + place(step.where) + ": " + step.actor + ' ' + step.what + '\n';
  }
  return text;
}

bool Scenario::waitOnce(int fd, short events, std::chrono::milliseconds limit) {
  polled_.assign({{fd, events, 0}});
  for (const ChildProcess* child : children_) {
    for (const int watched : child->descriptorsToWatch()) {
      polled_.push_back({watched, POLLIN, 0});
    }
  }
  const int ready = ::poll(polled_.data(), polled_.size(), static_cast<int>(limit.count()));
  if (ready < 0 && errno != EINTR) {
    throw std::system_error(errno, std::generic_category(), "poll");
  }
  for (ChildProcess* child : children_) {
    child->collect();
  }
  return ready > 0 && polled_.front().revents != 0;
}

bool Scenario::waitUnlessEnded(int fd, short events, SourceLine where, const std::string& what) {
  const Clock::time_point deadline = Clock::now() + patience_;
  while (Clock::now() < deadline) {
    // Asked before the descriptor is: what a program did before its end has arrived by then.
    const bool ended =
        !children_.empty() && std::all_of(children_.begin(), children_.end(),
                                          [](ChildProcess* child) { return child->hasEnded(); });
    if (waitOnce(fd, events, ended ? std::chrono::milliseconds(0) : patience_)) {
      return true;
    }
    if (ended) {
      return false;
    }
  }
  fail(where, "waited too long for " + what);
}

void Scenario::waitFor(int fd, short events, SourceLine where, const std::string& what) {
  pollfd waiting{fd, events, 0};
  // When a program has ended, the close of its connections may still be on its way to the test.
  if (!waitUnlessEnded(fd, events, where, what) &&
      ::poll(&waiting, 1, static_cast<int>(patience_.count())) != 1) {
    fail(where, "waited for " + what + ", but every program has ended");
  }
}

void Scenario::waitUntil(const std::function<bool()>& condition, SourceLine where,
                         const std::string& what) {
  const Clock::time_point deadline = Clock::now() + patience_;
  while (!condition()) {
    if (Clock::now() > deadline) {
      fail(where, "waited too long until " + what);
    }
    waitOnce(-1, 0, std::chrono::milliseconds(1));
  }
}

bool Scenario::allDelivered() const {
  return std::all_of(
      connections_.begin(), connections_.end(),
      [](const ScriptedConnection* connection) { return connection->isDelivered(); });
}

void Scenario::add(ChildProcess& child) {
  children_.push_back(&child);
}

void Scenario::remove(ChildProcess& child) {
  std::erase(children_, &child);
}

void Scenario::add(ScriptedConnection& connection) {
  connections_.push_back(&connection);
}

void Scenario::remove(ScriptedConnection& connection) {
  std::erase(connections_, &connection);
}

std::string Scenario::nextName(const std::string& kind) {
  const auto number = 1 + std::count(names_.begin(), names_.end(), kind);
  names_.push_back(kind);
  return kind + ' ' + std::to_string(number);
}

}  // namespace poetry::testing
