#include "servers.hpp"

#include "child.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

namespace poetry {

namespace {

/// A number of seconds that blocking-server parses as the same number.
std::string toWord(Duration seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.17g", seconds.count());
  return text.data();
}

/// "Serving poetry/ecstasy.txt on port 10000." becomes "10000".
std::string portOf(const std::string& line) {
  const std::string before = " on port ";
  const std::size_t at = line.rfind(before);
  return at == std::string::npos
             ? ""
             : line.substr(at + before.size(), line.size() - at - before.size() - 1);
}

}  // namespace

/// One server. Its first line has the port. Later lines are read and dropped, so that the server
/// never blocks on a full pipe.
class Servers::Server final : public ProcessProtocol {
 public:
  Server(Servers& all, Poem& poem)
      : all_(all),
        poem_(poem),
        child_(all_.loop_.reactor(), *this,
               {all_.program_.string(), "--iface", "127.0.0.1", "--delay", toWord(poem.delay),
                "--num-bytes", std::to_string(poem.numBytes), poem.file.string()}) {}

  void kill() const { child_.kill(); }

  void outReceived(std::string_view bytes) override {
    if (!poem_.address.empty()) {
      return;
    }
    firstLine_ += bytes;
    if (const std::size_t end = firstLine_.find('\n'); end != std::string::npos) {
      poem_.address = "127.0.0.1:" + portOf(firstLine_.substr(0, end));
      all_.isListening();
    }
  }
  void errReceived(std::string_view bytes) override { lastMessage_ = bytes; }

  void processEnded(const Ending& ending, const ResourceUsage& /*usage*/) override {
    lastMessage_.erase(lastMessage_.find_last_not_of('\n') + 1);
    all_.loop_.fail("the server of " + printable(poem_.file.string()) + ": " + ending.toString() +
                    (lastMessage_.empty() ? "" : "; " + printable(lastMessage_)));
  }

 private:
  Servers& all_;
  Poem& poem_;
  std::string firstLine_;
  std::string lastMessage_;
  Child child_;
};

Servers::Servers(Loop& loop, std::filesystem::path program, std::vector<Poem>& poems)
    : loop_(loop), program_(std::move(program)), poems_(poems) {}

/// Kills all of them first: each destructor waits for the end of one.
Servers::~Servers() {
  for (const auto& server : servers_) {
    server->kill();
  }
}

void Servers::start(std::function<void()> listening) {
  whenListening_ = std::move(listening);
  for (Poem& poem : poems_) {
    servers_.push_back(std::make_unique<Server>(*this, poem));
  }
}

void Servers::isListening() {
  if (std::none_of(poems_.begin(), poems_.end(),
                   [](const Poem& poem) { return poem.address.empty(); })) {
    whenListening_();
  }
}

}  // namespace poetry
