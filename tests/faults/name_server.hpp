// A name server that knows no name, or does not even say so.
#pragma once

#include "net/unique_fd.hpp"

#include <filesystem>
#include <string>
#include <thread>

namespace poetry::testing {

/// Listens at a free port of 127.0.0.1. Answers in a thread of its own, because a program that has
/// asked waits for nothing else.
class NameServer {
 public:
  /// `answers`: that there is no such name. Otherwise it is silent.
  explicit NameServer(bool answers);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  /// A resolv.conf that names it, and nobody else.
  [[nodiscard]] std::string file() const { return file_.string(); }

 private:
  void answerAll() const;

  UniqueFd socket_;
  std::filesystem::path file_;
  std::thread thread_;
};

}  // namespace poetry::testing
