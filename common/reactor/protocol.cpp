#include "reactor/protocol.hpp"

#include <cstdlib>
#include <typeinfo>

#include <cxxabi.h>  // abi::__cxa_demangle

namespace poetry {

namespace {

/// "PoetryProtocol" for poetry::PoetryProtocol.
std::string className(const std::type_info& type) {
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(type.name(), nullptr, nullptr, &status), &std::free);
  const std::string full = status == 0 ? name.get() : type.name();
  const std::size_t colon = full.rfind(':');
  return colon == std::string::npos ? full : full.substr(colon + 1);
}

}  // namespace

void Protocol::makeConnection(ITransport& newTransport) {
  transport = &newTransport;
  connectionMade();
}

std::string Protocol::logPrefix() const {
  return className(typeid(*this));
}

std::unique_ptr<IProtocol> Factory::buildProtocol(const Address& /*peer*/) {
  std::unique_ptr<Protocol> made = protocol();
  if (made) {
    made->factory = this;
  }
  return made;
}

void Factory::doStart() {
  if (users_ == 0) {
    startFactory();
  }
  ++users_;
}

void Factory::doStop() {
  if (users_ > 0 && --users_ == 0) {
    stopFactory();
  }
}

}  // namespace poetry
