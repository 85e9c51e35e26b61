#include "servers.hpp"

#include "judge.hpp"
#include "lines.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <string_view>
#include <utility>

namespace poetry {

namespace {

/// A number of seconds that blocking-server reads back as the same one.
std::string toWord(Seconds seconds) {
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.17g", seconds.count());
  return text.data();
}

/// Of what a server says, so many bytes are kept at most.
constexpr std::size_t kMostKept = 4096;

/// The last line that came whole; empty if there is none.
std::string lastLineOf(std::string_view text) {
  text = text.substr(0, text.rfind('\n') == std::string_view::npos ? 0 : text.rfind('\n'));
  const std::size_t before = text.rfind('\n');
  return std::string(before == std::string_view::npos ? text : text.substr(before + 1));
}

/// "Serving poetry/ecstasy.txt on port 10000." → "10000"
std::string portOf(std::string_view line) {
  const std::string_view before = " on port ";
  const std::size_t at = line.rfind(before);
  if (!line.starts_with("Serving ") || at == std::string_view::npos || !line.ends_with('.')) {
    return "";
  }
  line.remove_prefix(at + before.size());
  line.remove_suffix(1);
  return std::string(line);
}

}  // namespace

/// One server, and what it says: once, on which port it serves; after that, only how it is getting
/// on, which we read so that it need not wait for us, and drop.
class Servers::Server final : public ProcessProtocol {
 public:
  Server(Servers& all, Poem& poem) : all_(all), poem_(poem) {
    process_ = all_.processes_.spawnProcess(
        *this, {all_.program_.string(), "--iface", "127.0.0.1", "--delay", toWord(poem.delay),
                "--num-bytes", std::to_string(poem.numBytes), poem.file.string()});
  }

  [[nodiscard]] bool isServing() const { return serving_; }
  void kill() const { process_->kill(); }

  void outReceived(std::string_view bytes) override {
    if (serving_) {
      return;
    }
    firstLine_ += bytes;
    const std::size_t end = firstLine_.find('\n');
    if (end == std::string::npos && firstLine_.size() < kMostKept) {
      return;
    }
    firstLine_.resize(std::min({end, firstLine_.size(), kMostKept}));
    const std::string port = portOf(firstLine_);
    if (port.empty()) {
      fail("says what we do not understand: " + printable(firstLine_));
      return;
    }
    poem_.address = "127.0.0.1:" + port;
    serving_ = true;
    all_.isServing();
  }

  void errReceived(std::string_view bytes) override {
    lastWords_ += bytes;
    lastWords_.erase(0, lastWords_.size() - std::min(lastWords_.size(), kMostKept));
  }

  void processEnded(const ProcessExit& exit) override {
    const std::string words = lastLineOf(lastWords_);
    fail("is gone: " + endingInWords({.exit = exit}) +
         (words.empty() ? "" : "; its last words: " + printable(words)));
  }

 private:
  void fail(const std::string& why) {
    all_.failed_("the server of " + printable(poem_.file.string()) + ' ' + why);
  }

  Servers& all_;
  Poem& poem_;
  std::string firstLine_;
  std::string lastWords_;
  bool serving_ = false;
  std::unique_ptr<Process> process_;
};

Servers::Servers(ProcessTable& processes, std::filesystem::path program, std::vector<Poem>& poems)
    : processes_(processes), program_(std::move(program)), poems_(poems) {}

/// All at once, and then waits for each.
Servers::~Servers() {
  for (const auto& server : servers_) {
    server->kill();
  }
}

void Servers::start(std::function<void()> serving, std::function<void(const std::string&)> failed) {
  serving_ = std::move(serving);
  failed_ = std::move(failed);
  for (Poem& poem : poems_) {
    servers_.push_back(std::make_unique<Server>(*this, poem));
  }
}

void Servers::isServing() {
  const auto isUp = [](const std::unique_ptr<Server>& server) { return server->isServing(); };
  if (std::all_of(servers_.begin(), servers_.end(), isUp)) {
    serving_();
  }
}

std::vector<std::string> Servers::addresses() const {
  std::vector<std::string> addresses;
  addresses.reserve(poems_.size());
  for (const Poem& poem : poems_) {
    addresses.push_back(poem.address);
  }
  return addresses;
}

}  // namespace poetry
