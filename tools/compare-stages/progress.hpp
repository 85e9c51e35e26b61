// What is going on, while it is going on.
#pragma once

#include "comparison.hpp"
#include "look.hpp"

#include <string>

namespace poetry {

/// On a terminal one line that is written over again and again, cut so that it is one; elsewhere a
/// line for each client that has run.
class Progress {
 public:
  explicit Progress(const Look& look) : look_(look) {}
  /// Takes the line away, whatever comes next: the result, or what went wrong.
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// What is going on now.
  void begins(const std::string& what);
  /// The same of something whose end has no line of its own, so that elsewhere its beginning has one.
  void announces(const std::string& what);
  void update(Seconds elapsed, const Recording& recording, const Comparison& comparison);
  void ended(const StageResult& result);
  /// Takes the line away.
  void clear();

 private:
  Look look_;
  std::string what_;
};

}  // namespace poetry
