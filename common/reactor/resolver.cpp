#include "reactor/resolver.hpp"

#include "net/pipe.hpp"

#include <array>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <unistd.h>

namespace poetry {

namespace {

/// A look-up that gets no answer occupies its thread for many seconds; the others go on.
constexpr std::size_t kMostThreads = 4;

Resolution resolutionOf(const Resolver::Lookup& lookup, const HostPort& destination) {
  try {
    return {lookup(destination), std::nullopt};
  } catch (const std::exception& error) {
    return {{}, Failure(DNSLookupError(error.what()))};
  }
}

}  // namespace

/// `mutex` protects everything that changes.
struct Resolver::Shared {
  explicit Shared(Lookup function) : lookup(std::move(function)) {}

  const Lookup lookup;

  std::mutex mutex;
  // The resolver closes it, because a thread may keep this object alive for long.
  Pipe pipe = makePipe();
  std::condition_variable changed;  // there is a question, or the resolver is gone
  std::deque<std::pair<std::uint64_t, HostPort>> questions;
  std::vector<std::pair<std::uint64_t, Resolution>> answers;
  std::size_t threads = 0;
  bool resolverIsGone = false;
};

Resolver::Resolver(Lookup lookup) : shared_(std::make_shared<Shared>(std::move(lookup))) {}

Resolver::~Resolver() {
  const std::lock_guard lock(shared_->mutex);
  shared_->resolverIsGone = true;
  shared_->pipe = {};
  shared_->changed.notify_all();
}

void Resolver::resolveHostName(const HostPort& destination,
                               std::function<void(const Resolution&)> done) {
  const std::lock_guard lock(shared_->mutex);
  if (shared_->threads < kMostThreads) {
    std::thread(&Resolver::answerQuestions, shared_).detach();
    ++shared_->threads;
  }
  shared_->questions.emplace_back(nextQuestion_, destination);
  waiting_.emplace(nextQuestion_, std::move(done));
  ++nextQuestion_;
  shared_->changed.notify_one();
}

/// What a helper thread does.
void Resolver::answerQuestions(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  while (true) {
    shared->changed.wait(lock,
                         [&] { return shared->resolverIsGone || !shared->questions.empty(); });
    if (shared->resolverIsGone) {
      return;
    }
    const auto [number, destination] = std::move(shared->questions.front());
    shared->questions.pop_front();

    lock.unlock();
    Resolution resolution = resolutionOf(shared->lookup, destination);
    lock.lock();

    if (shared->resolverIsGone) {
      return;
    }
    shared->answers.emplace_back(number, std::move(resolution));
    // If the pipe is full, it is readable, and that is enough.
    [[maybe_unused]] const ssize_t written = ::write(shared->pipe.writeEnd.get(), "!", 1);
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
    const auto node = waiting_.extract(number);
    node.mapped()(resolution);
  }
  return std::nullopt;
}

}  // namespace poetry
