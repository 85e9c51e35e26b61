#include "support/waiting.hpp"

#include <fstream>
#include <map>
#include <sstream>

#include <sys/syscall.h>
#include <unistd.h>

namespace poetry::testing {

namespace {

struct Call {
  std::string name;      ///< of the function that programs call
  bool takesDescriptor;  ///< as its first argument
};

/// The calls in which a program can wait. Not all of them exist on each processor.
const std::map<long, Call>& calls() {
  static const std::map<long, Call> all{
      {SYS_read, {"read", true}},
      {SYS_readv, {"readv", true}},
      {SYS_write, {"write", true}},
      {SYS_recvfrom, {"recv", true}},
      {SYS_recvmsg, {"recvmsg", true}},
      {SYS_sendto, {"send", true}},
      {SYS_sendmsg, {"sendmsg", true}},
      {SYS_connect, {"connect", true}},
      {SYS_accept, {"accept", true}},
      {SYS_accept4, {"accept", true}},
      {SYS_flock, {"flock", true}},
      {SYS_epoll_pwait, {"epoll_wait", true}},
      {SYS_ppoll, {"poll", false}},
      {SYS_pselect6, {"select", false}},
      {SYS_clock_nanosleep, {"sleep", false}},
      {SYS_nanosleep, {"sleep", false}},
      {SYS_futex, {"futex", false}},
      {SYS_wait4, {"wait", false}},
      {SYS_rt_sigtimedwait, {"sigwait", false}},
#ifdef SYS_poll
      {SYS_poll, {"poll", false}},
      {SYS_select, {"select", false}},
      {SYS_epoll_wait, {"epoll_wait", true}},
      {SYS_pause, {"pause", false}},
#endif
  };
  return all;
}

/// The fields of /proc/PID/stat after the name of the program, which may contain blanks: from the third on.
std::istringstream statusOf(pid_t process) {
  std::ifstream file("/proc/" + std::to_string(process) + "/stat");
  std::string text;
  std::getline(file, text);
  const std::size_t name = text.rfind(')');
  return std::istringstream(name == std::string::npos ? "" : text.substr(name + 1));
}

}  // namespace

std::string whereItWaits(pid_t process) {
  if (isStopped(process)) {
    return "";
  }
  std::ifstream file("/proc/" + std::to_string(process) + "/syscall");
  long number = -1;
  std::string descriptor;
  if (!(file >> number >> descriptor) || number < 0) {  // "running"
    return "";
  }
  const auto call = calls().find(number);
  if (call == calls().end()) {
    return "system call " + std::to_string(number);
  }
  std::string place = '`' + call->second.name + '`';
  if (call->second.takesDescriptor) {
    place += " on descriptor " + std::to_string(std::stoi(descriptor, nullptr, 16));
  }
  return place;
}

bool isStopped(pid_t process) {
  std::string state;
  return statusOf(process) >> state && state == "T";
}

std::chrono::milliseconds processorTime(pid_t process) {
  std::istringstream fields = statusOf(process);  // the fourteenth and fifteenth are the times
  std::string skipped;
  for (int field = 3; field < 14; ++field) {
    fields >> skipped;
  }
  long user = 0;
  long system = 0;
  fields >> user >> system;
  return std::chrono::milliseconds((user + system) * 1000 / ::sysconf(_SC_CLK_TCK));
}

}  // namespace poetry::testing
