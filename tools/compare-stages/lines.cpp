#include "lines.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>

namespace poetry {

namespace {

/// The length of the UTF-8 character that `bytes` begins with; 0 if that is none, or one that no
/// terminal and no file of text should be given.
std::size_t characterAt(std::string_view bytes) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    return first >= 0x20 && first != 0x7f ? 1 : 0;
  }
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || bytes.size() < length) {
    return 0;
  }
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) {
      return 0;
    }
  }
  const bool isControl = first == 0xc2 && byte(1) < 0xa0;
  const bool isTooLong = (first == 0xe0 && byte(1) < 0xa0) || (first == 0xf0 && byte(1) < 0x90);
  const bool isSurrogate = first == 0xed && byte(1) >= 0xa0;
  const bool isTooHigh = first == 0xf4 && byte(1) >= 0x90;
  const bool isNoCharacter = first == 0xef && byte(1) == 0xbf && byte(2) >= 0xbe;
  // They turn the direction of the text round, also of ours that stands beside it.
  const bool turnsRound =
      first == 0xe2 && ((byte(1) == 0x80 && byte(2) >= 0xaa && byte(2) <= 0xae) ||
                        (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9));
  return isControl || isTooLong || isSurrogate || isTooHigh || isNoCharacter || turnsRound ? 0
                                                                                           : length;
}

/// What stands behind "Task N": all that a client says of one of its tasks on standard output.
Said understandTask(LineReader line) {
  Said said;
  if (!line.text("Task ") || !line.number(said.task)) {
    return {};
  }
  LineReader asks = line;
  if (asks.text(": get poetry from: ") && asks.word() && asks.atEnd()) {
    said.what = Said::What::kAsks;
    return said;
  }
  LineReader finished = line;
  if (finished.text(" finished") && finished.atEnd()) {
    said.what = Said::What::kFinished;
    return said;
  }
  LineReader got = line;
  if (got.text(": got ") && got.number(said.bytes) && got.text(" bytes of poetry from ") &&
      got.word()) {
    said.what = got.atEnd() ? Said::What::kGot : Said::What::kGotAll;
    return got.atEnd() || (got.text(" in ") && got.elapsed(said.elapsed) && got.atEnd()) ? said
                                                                                         : Said();
  }
  LineReader total = line;
  if (total.text(": ") && total.number(said.bytes) && total.text(" bytes of poetry") &&
      total.atEnd()) {
    said.what = Said::What::kTotal;
    return said;
  }
  return {};
}

/// "PROGRAM: Task 1: ..."
Said understandComplaint(LineReader line) {
  Said said;
  if (!line.past(": Task ") || !line.number(said.task) || !line.text(": ")) {
    return {};
  }
  LineReader failed = line;
  if (failed.text("failed to connect to ") && failed.past(": ")) {
    said.what = Said::What::kFailed;
    return said;
  }
  if (line.text("connection to ") && line.word() && line.text(" lost after ") &&
      line.number(said.bytes) && line.text(" bytes: ")) {
    said.what = Said::What::kLost;
    return said;
  }
  return {};
}

Said understandLast(LineReader line) {
  Said said{.what = Said::What::kLast};
  std::size_t all = 0;
  const bool fits = line.text("Got ") && line.number(said.bytes) &&
                    (!line.text(" of ") || line.number(all)) && line.text(" poems in ") &&
                    line.elapsed(said.elapsed) && line.atEnd();
  said.bytes = 0;
  return fits ? said : Said();
}

}  // namespace

bool LineReader::text(std::string_view expected) {
  if (!rest_.starts_with(expected)) {
    return false;
  }
  rest_.remove_prefix(expected.size());
  return true;
}

bool LineReader::number(std::size_t& value) {
  const std::size_t size = std::min(rest_.find_first_not_of("0123456789"), rest_.size());
  if (size == 0 || size > 18 || (size > 1 && rest_.front() == '0')) {
    return false;
  }
  value = std::stoull(std::string(rest_.substr(0, size)));
  rest_.remove_prefix(size);
  return true;
}

bool LineReader::word() {
  const std::size_t size = std::min(rest_.find(' '), rest_.size());
  rest_.remove_prefix(size);
  return size > 0;
}

bool LineReader::elapsed(std::optional<Seconds>& value) {
  std::size_t hours = 0;
  constexpr std::string_view kShape = ":dd:dd.dddddd";
  if (!number(hours) || rest_.size() < kShape.size()) {
    return false;
  }
  for (std::size_t i = 0; i < kShape.size(); ++i) {
    const bool isDigit = std::isdigit(static_cast<unsigned char>(rest_[i])) != 0;
    if (kShape[i] == 'd' ? !isDigit : rest_[i] != kShape[i]) {
      return false;
    }
  }
  const double minutes = std::stod(std::string(rest_.substr(1, 2)));
  const double seconds = std::stod(std::string(rest_.substr(4, 9)));
  value = Seconds(static_cast<double>(hours) * 3600 + minutes * 60 + seconds);
  rest_.remove_prefix(kShape.size());
  return true;
}

bool LineReader::past(std::string_view end) {
  const std::size_t found = rest_.find(end);
  if (found == std::string_view::npos || found == 0) {
    return false;
  }
  rest_.remove_prefix(found + end.size());
  return true;
}

Said understand(std::string_view line) {
  if (line.starts_with("reactor: ")) {
    return {.what = Said::What::kTrace};
  }
  const LineReader reader(line);
  for (const auto& meaning : {understandTask, understandComplaint, understandLast}) {
    if (const Said said = meaning(reader); said.what != Said::What::kNothing) {
      return said;
    }
  }
  return {};
}

std::string printable(std::string_view bytes) {
  std::string text;
  while (!bytes.empty()) {
    std::size_t length = characterAt(bytes);
    if (length > 0) {
      text += bytes.substr(0, length);
    } else {
      length = 1;
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\x%02x",
                    static_cast<unsigned>(static_cast<unsigned char>(bytes[0])));
      text += bytes[0] == '\t' ? "\\t" : bytes[0] == '\r' ? "\\r" : escape.data();
    }
    bytes.remove_prefix(length);
  }
  return text;
}

}  // namespace poetry
