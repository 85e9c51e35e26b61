#include "call_stack.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include <cxxabi.h>    // abi::__cxa_demangle
#include <dlfcn.h>     // dladdr
#include <execinfo.h>  // backtrace

namespace poetry {

namespace {

/// "poetry::Reactor::run(bool)", for an address inside that function.
std::string functionAt(void* address) {
  Dl_info info{};
  if (::dladdr(address, &info) == 0 || info.dli_sname == nullptr) {
    return "?";
  }
  int status = 0;
  const std::unique_ptr<char, decltype(&std::free)> name(
      abi::__cxa_demangle(info.dli_sname, nullptr, nullptr, &status), &std::free);
  return status == 0 ? name.get() : info.dli_sname;
}

}  // namespace

std::vector<std::string> callStack() {
  std::array<void*, 64> frames{};
  const int depth = ::backtrace(frames.data(), int{frames.size()});
  std::vector<std::string> names;
  for (int i = 0; i < depth; ++i) {
    // The address is where the call will return to. If the call is the last instruction of its
    // function, that is already outside. One byte before is always inside.
    const auto frame = static_cast<std::size_t>(i);
    names.push_back(functionAt(static_cast<char*>(frames[frame]) - 1));
    if (names.back().starts_with("poetry::callStack")) {
      names.clear();  // this function, and what it has called
    } else if (names.back() == "main") {
      break;  // the callers of main belong to the system
    }
  }
  std::reverse(names.begin(), names.end());
  return names;
}

}  // namespace poetry
