#include "name_server.hpp"

#include "net/address.hpp"

#include <array>
#include <fstream>
#include <stdexcept>

#include <sys/socket.h>

namespace poetry::testing {

namespace {

/// A question or an answer begins with so many bytes (RFC 1035).
constexpr std::size_t kHeaderSize = 12;

}  // namespace

NameServer::NameServer(bool answers) : socket_(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
  const Address anyPort = resolveWithoutLookup({"127.0.0.1", 0}).front();
  if (::bind(socket_.get(), anyPort.data(), anyPort.size()) != 0) {
    throw std::runtime_error("cannot bind a name server");
  }
  const Address here = Address::hostOf(socket_.get());
  file_ = std::filesystem::temp_directory_path() / ("poetry-resolv-" + std::to_string(here.port()));
  std::ofstream(file_) << "nameserver " << here.toString() << '\n';
  if (answers) {
    thread_ = std::thread([this] { answerAll(); });
  }
}

NameServer::~NameServer() {
  if (thread_.joinable()) {
    const Address here = Address::hostOf(socket_.get());
    ::sendto(socket_.get(), "", 0, 0, here.data(), here.size());  // from ourselves: enough
    thread_.join();
  }
  std::filesystem::remove(file_);
}

/// The answer is the question, with two bytes changed: "an answer", and "no such name".
void NameServer::answerAll() const {
  std::array<char, 512> packet{};
  while (true) {
    sockaddr_storage from{};
    socklen_t size = sizeof from;
    auto* const sender = reinterpret_cast<sockaddr*>(&from);
    const ssize_t got = ::recvfrom(socket_.get(), packet.data(), packet.size(), 0, sender, &size);
    if (got < static_cast<ssize_t>(kHeaderSize)) {
      return;
    }
    packet[2] = '\x81';
    packet[3] = '\x83';
    ::sendto(socket_.get(), packet.data(), static_cast<std::size_t>(got), 0, sender, size);
  }
}

}  // namespace poetry::testing
