// The base of the checks of a client that gets its poems from scripted servers. Servers and tasks are
// numbered from 1.
//
//     class WriteTheLoop : public ClientCheck {};
//
//     TEST_F(WriteTheLoop, ReadsTheServerThatSends) {
//       startFor(2);
//       acceptAll();
//       server(2).send("verse");
//       letRun();
//       require(bytesReported(2) == 5, {.headline = "The client did not report server 2."});
#pragma once

#include "exercises/support/check.hpp"
#include "support/report_lines.hpp"

#include <cstddef>
#include <functional>
#include <list>
#include <string>
#include <string_view>
#include <vector>

namespace poetry::testing {

class ClientCheck : public Check {
 protected:
  /// Starts the client for `count` poems, which it saves. `words` come first on its command line.
  void startFor(std::size_t count, std::vector<std::string> words = {},
                const ChildOptions& options = {}, SourceLine where = SourceLine::here());
  /// Waits until the client has connected to each server.
  void acceptAll(SourceLine where = SourceLine::here());

  [[nodiscard]] ScriptedServer& listener(std::size_t number);
  [[nodiscard]] ScriptedConnection& server(std::size_t number) {
    return *connections_.at(number - 1);
  }
  [[nodiscard]] std::size_t count() const { return listeners_.size(); }

  /// The servers do all of `steps` while the client is stopped, so the client finds all of it together
  /// when it continues. Does not wait for the client.
  void whileStopped(const std::function<void()>& steps, SourceLine where = SourceLine::here());

  /// The chunks that the client has reported, in their order.
  [[nodiscard]] std::vector<ReportLine> chunks();
  /// The bytes of task `number` in these chunks.
  [[nodiscard]] std::size_t bytesReported(std::size_t number);
  [[nodiscard]] bool isFinished(std::size_t number);

  /// Fails unless the client has saved `poem` as the poem of task `number`.
  void requirePoem(std::size_t number, std::string_view poem, const std::string& cause = "");

 private:
  std::list<ScriptedServer> listeners_;
  std::vector<ScriptedConnection*> connections_;
};

}  // namespace poetry::testing
