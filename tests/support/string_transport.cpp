#include "support/string_transport.hpp"

namespace poetry::testing {

StringTransport::StringTransport()
    : StringTransport(resolveWithoutLookup({"192.168.1.1", 54321}).front(),
                      resolveWithoutLookup({"10.0.0.1", 12345}).front()) {}

StringTransport::StringTransport(Address peer, Address host) : peer_(peer), host_(host) {}

void StringTransport::writeSequence(std::span<const std::string_view> pieces) {
  for (const std::string_view piece : pieces) {
    write(piece);
  }
}

}  // namespace poetry::testing
