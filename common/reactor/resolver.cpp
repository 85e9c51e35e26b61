#include "reactor/resolver.hpp"

#include "net/pipe.hpp"

#include <array>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

#include <unistd.h>

namespace poetry {

namespace {

/// A look-up that gets no answer may occupy its thread for a minute; the others go on.
constexpr std::size_t kMostThreads = 4;

Resolution resolutionOf(const Resolver::Lookup& lookup, const HostPort& destination) {
  try {
    return {lookup(destination), std::nullopt};
  } catch (const std::exception& error) {
    return {{}, Failure(DNSLookupError(error.what()))};
  }
}

}  // namespace

/// What the helper threads share with the resolver. `mutex` protects everything that changes.
struct Resolver::Shared {
  explicit Shared(Lookup function) : lookup(std::move(function)) {}

  /// Wakes up the loop for the answer to a question.
  void answer(std::uint64_t number, Resolution resolution) {
    const std::lock_guard lock(mutex);
    if (resolverIsGone) {
      return;
    }
    answers.emplace_back(number, std::move(resolution));
    // If the pipe is full, it is readable, and that is enough.
    [[maybe_unused]] const ssize_t written = ::write(pipe.writeEnd.get(), "!", 1);
  }

  const Lookup lookup;

  std::mutex mutex;
  // The resolver closes it, because a thread may keep this object alive for long.
  Pipe pipe = makePipe();
  std::vector<std::pair<std::uint64_t, Resolution>> answers;
  bool resolverIsGone = false;
};

Resolver::Resolver(Lookup lookup) : shared_(std::make_shared<Shared>(std::move(lookup))) {}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->resolverIsGone = true;
  shared_->pipe = {};
}

void Resolver::resolveHostName(const HostPort& destination, std::function<void()> began,
                               std::function<void(const Resolution&)> done) {
  waiting_.push_back({destination, std::move(began), std::move(done)});
  startLookups();
}

void Resolver::startLookups() {
  while (!waiting_.empty() && running_.size() < kMostThreads) {
    const std::uint64_t number = nextNumber_++;
    const Question& question = running_[number] = std::move(waiting_.front());
    waiting_.pop_front();
    try {
      std::thread([shared = shared_, number, destination = question.destination] {
        shared->answer(number, resolutionOf(shared->lookup, destination));
      }).detach();
    } catch (const std::system_error& error) {
      shared_->answer(
          number,
          {{}, Failure(DNSLookupError("no thread for the look-up: " + error.code().message()))});
    }
    question.began();
  }
}

int Resolver::fileno() const {
  return shared_->pipe.readEnd.get();
}

std::optional<Failure> Resolver::doRead() {
  std::array<char, 64> wakeUps{};
  while (::read(fileno(), wakeUps.data(), wakeUps.size()) > 0) {
  }
  std::vector<std::pair<std::uint64_t, Resolution>> answers;
  {
    const std::lock_guard lock(shared_->mutex);
    answers.swap(shared_->answers);
  }
  for (const auto& [number, resolution] : answers) {
    const auto node = running_.extract(number);
    node.mapped().done(resolution);
  }
  startLookups();
  return std::nullopt;
}

}  // namespace poetry
