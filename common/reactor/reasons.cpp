#include "reactor/reasons.hpp"

#include <cerrno>
#include <system_error>

namespace poetry {

namespace {

std::string messageOf(int osError) {
  return std::generic_category().message(osError);
}

}  // namespace

ConnectionLost::ConnectionLost(int osError) : ReasonError(messageOf(osError), osError) {}

Failure connectFailure(int osError) {
  if (osError == ECONNREFUSED) {
    return Failure(ConnectionRefusedError(messageOf(osError), osError));
  }
  return Failure(ConnectError(messageOf(osError), osError));
}

Failure Failure::current() {
  // The exception lives as long as an exception_ptr to it. So the shared_ptr owns the exception_ptr
  // and points at the exception.
  const auto holder = std::make_shared<std::exception_ptr>(std::current_exception());
  try {
    std::rethrow_exception(*holder);
  } catch (const std::exception& error) {
    return Failure(std::shared_ptr<const std::exception>(holder, &error));
  } catch (...) {
    return Failure(std::runtime_error("something that is not an std::exception was thrown"));
  }
}

}  // namespace poetry
