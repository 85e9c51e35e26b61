// The verdict of --check: what the servers saw of a client, in words.
#pragma once

#include "comparison.hpp"

#include <array>
#include <cstddef>
#include <optional>

namespace poetry {

/// "asynchronous", "not asynchronous", "cannot be judged"
const char* inWords(Judgement judgement);

/// What the servers of --check saw of a client. Servers are numbered from 0.
struct Observed {
  static constexpr std::size_t kServers = 3;
  using Flags = std::array<bool, kServers>;

  bool passed = false;         ///< it reported each chunk while server 0 was silent
  bool neverSleeps = false;    ///< it used much CPU while there was nothing to do
  Flags connectedInTime = {};  ///< while server 0 was silent
  Flags connected = {};        ///< at all
  Duration waited{0};          ///< how long the check waited without progress
  /// The server to which the client did not connect, or whose chunk it did not report. Empty if the
  /// client ended before.
  std::optional<std::size_t> stuck = {};
  bool unread = false;             ///< the client had not read what that server sent
  std::size_t reportedInTime = 0;  ///< how many bytes of that server it had reported
  bool endedInTime = false;        ///< it had reported the end of that poem, before it was sent
  bool silentUntilTheEnd = false;  ///< it reported nothing before all servers had sent everything
  bool connectedLate = false;  ///< it connected to the missing server while all servers were silent
  /// When the client was stuck, the other servers sent a chunk. This is the server of the first bytes
  /// that the client reported after that.
  std::optional<std::size_t> reportedNext = {};
  bool readNothing = false;  ///< it had reported nothing, and read nothing of any server at first
  bool leftUnread = false;  ///< it had read the other bytes, and left that chunk of server 0 unread
  /// Then the server `stuck` sent the rest of its poem, and the client reported bytes of that rest.
  bool reportedWithTheRest = false;
  bool reportedLate = false;  ///< it reported the chunk without that, but only after `waited`
  std::optional<std::size_t> tooMuch = {};  ///< it reported more than this server
  std::size_t sent = 0;                     ///< had sent by then
};

/// Judges a run of the check. Sets judgement, why and advice; verdict.client is judged already.
void judgeCheck(Verdict& verdict, const Observed& seen);

}  // namespace poetry
