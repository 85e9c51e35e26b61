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
    if (end == std::string::npos) {
      return;
    }
    const std::string port = portOf(std::string_view(firstLine_).substr(0, end));
    poem_.address = "127.0.0.1:" + port;
    serving_ = true;
    all_.isServing();
  }

  void errReceived(std::string_view bytes) override { lastWords_ = bytes; }

  void processEnded(const ProcessExit& exit) override {
    const std::string why = lastWords_.empty() ? endingInWords({.exit = exit})
                                               : lastWords_.substr(0, lastWords_.find('\n'));
    all_.failed_("the server of " + printable(poem_.file.string()) + " is gone: " + printable(why));
  }

 private:
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
