#include "check_runner.hpp"

#include "cli/output.hpp"
#include "verdict_report.hpp"

#include <utility>

namespace poetry {

namespace {

Verdict verdictWithoutRun(const Client& client) {
  Verdict verdict{.why = "It was not run."};
  verdict.client.name = client.name;
  verdict.client.problems = {client.problem};
  return verdict;
}

}  // namespace

CheckRunner::CheckRunner(Loop& loop, const CompareOptions& options, Comparison& comparison)
    : loop_(loop), options_(options), comparison_(comparison) {}

void CheckRunner::start() {
  comparison_.verdicts.resize(options_.clients.size());
  checks_.resize(options_.clients.size());
  fill();
}

void CheckRunner::fill() {
  const auto& clients = options_.clients;
  for (; next_ < clients.size() && next_ - done_ < options_.jobs; ++next_) {
    const Client& client = clients[next_];
    const auto done = [this, i = next_](Verdict verdict) { checked(i, std::move(verdict)); };
    if (client.problem.empty()) {
      checks_[next_] =
          std::make_unique<GatedCheck>(loop_.reactor(), client, options_.patience, done);
    } else {
      // Later, as for the others.
      loop_.reactor().callLater(Duration::zero(),
                                [done, &client] { done(verdictWithoutRun(client)); });
    }
  }
  if (done_ == clients.size()) {
    loop_.end();
  }
}

void CheckRunner::checked(std::size_t client, Verdict verdict) {
  comparison_.verdicts[client] = std::move(verdict);
  ++done_;
  // Not now: this function is called by the check.
  loop_.reactor().callLater(Duration::zero(), [this, client] { checks_[client].reset(); });
  const std::size_t count = options_.clients.size();
  std::string number = std::to_string(done_) + " of " + std::to_string(count) + ": ";
  for (const std::string& line : describeVerdict(comparison_.verdicts[client])) {
    printLine((count > 1 ? number : "") + line);
    number.clear();
  }
  fill();
}

}  // namespace poetry
