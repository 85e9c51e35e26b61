// Client 2 receives once, each time the reactor calls it. If bytes are left, the reactor calls again.

#include "get_poetry.hpp"
#include "net/socket.hpp"

#include <array>
#include <optional>
#include <string>

namespace poetry {

namespace {

class PoetrySocket : public IReadDescriptor {
 public:
  PoetrySocket(int task, const HostPort& server, Downloads& downloads)
      : task_(task), connection_(connectTask(task, server)), downloads_(downloads) {
    setNonBlocking(fileno());
    downloads_.reactor.addReader(*this);
  }
  ~PoetrySocket() override { downloads_.reactor.removeReader(*this); }
  PoetrySocket(const PoetrySocket&) = delete;
  PoetrySocket& operator=(const PoetrySocket&) = delete;

  [[nodiscard]] int fileno() const override { return connection_.socket.get(); }
  [[nodiscard]] std::string logPrefix() const override { return "Task " + std::to_string(task_); }

  std::optional<Failure> doRead() override {
    std::array<char, 1024> buffer;
    const Received chunk = receive(fileno(), buffer);
    if (chunk.isBytes()) {
      poem_ += chunk.bytes;
      downloads_.report.got(task_, chunk.bytes.size(), connection_.peer);
      return std::nullopt;
    }
    if (chunk.isWouldBlock()) {
      return std::nullopt;
    }
    if (chunk.isEndOfFile()) {
      return Failure(ConnectionDone());
    }
    return Failure(ConnectionLost(chunk.error));
  }

  void connectionLost(const Failure& reason) override {
    connection_.socket.reset();
    if (reason.check<ConnectionDone>()) {
      downloads_.report.finished(task_);
      downloads_.report.complete(task_, poem_);
    } else {
      downloads_.report.lost(task_, connection_.peer, poem_.size(), reason.getErrorMessage());
    }
    downloads_.poemFinished();
  }

 private:
  int task_;
  Connection connection_;
  std::string poem_;
  Downloads& downloads_;
};

}  // namespace

int getPoetry2(const ClientOptions& options) {
  return download<PoetrySocket>(options);
}

}  // namespace poetry
