// Runs a function in a process of its own, because standard output, exit code and lost lines belong
// to a whole process.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace poetry::testing {

/// How a function ended that ran in a child process.
struct Outcome {
  int exitCode = -1;  ///< -1: a signal ended it
  int signal = 0;
  std::string output;  ///< what it wrote to standard output
  std::string errors;  ///< and to standard error
};

/// Calls `body` in a forked process and waits for its end. Its result is the exit code.
/// `prepare` runs just before it, to close streams or to lower limits.
Outcome inChild(const std::function<int()>& body, const std::function<void()>& prepare = {});

/// Puts `path` in the place of a standard stream.
void redirect(int stream, const std::string& path);

/// argc and argv, from words. The program's name is put before them.
class Arguments {
 public:
  explicit Arguments(std::vector<std::string> words);
  [[nodiscard]] int argc() const { return static_cast<int>(words_.size()); }
  [[nodiscard]] char** argv() { return pointers_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> pointers_;
};

}  // namespace poetry::testing
