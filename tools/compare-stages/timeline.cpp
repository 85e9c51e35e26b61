#include "timeline.hpp"

#include "judge.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <optional>

namespace poetry {

namespace {

constexpr std::size_t kMostRows = 10;
constexpr std::size_t kIndent = 2;
constexpr std::size_t kNameWidth = 25;
constexpr std::size_t kWordsWidth = kWidth - kNameWidth;

/// The characters of the picture.
struct Marks {
  std::array<const char*, 8> amounts;  ///< of bytes: from few to a whole poem
  const char* waits;                   ///< the client waits for the poem
  const char* guide;                   ///< the times of the slowest poem and of all
  const char* pointer;                 ///< the same on the axis
};

constexpr Marks kUnicode = {{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"}, "─", "┊", "▼"};
constexpr Marks kAscii = {{".", ":", "+", "o", "x", "*", "#", "@"}, "-", "|", "v"};

/// The tasks of one row.
struct Row {
  std::size_t first;  ///< as an index
  std::size_t last;

  [[nodiscard]] std::string label() const {
    const std::string begin = std::to_string(first + 1);
    return first == last ? begin : begin + '-' + std::to_string(last + 1);
  }
};

std::vector<Row> rowsFor(std::size_t tasks) {
  const std::size_t each = (tasks + kMostRows - 1) / kMostRows;
  std::vector<Row> rows;
  for (std::size_t first = 0; first < tasks; first += each) {
    rows.push_back({first, std::min(first + each, tasks) - 1});
  }
  return rows;
}

class Picture {
 public:
  Picture(const Comparison& comparison, const Terminal& terminal)
      : comparison_(comparison),
        terminal_(terminal),
        marks_(terminal.unicode ? kUnicode : kAscii),
        rows_(rowsFor(comparison.poems.size())) {
    for (const Row& row : rows_) {
      labelWidth_ = std::max(labelWidth_, row.label().size());
    }
    columns_ = kWidth - kIndent - labelWidth_ - 1;
    end_ = std::max(comparison.sum(), Duration(1e-6));
    for (const ClientResult& client : comparison.clients) {
      end_ = std::max(end_, client.run.elapsed);
    }
  }

  std::vector<std::string> draw() {
    drawLegend();
    drawAxis();
    for (const ClientResult& client : comparison_.clients) {
      lines_.emplace_back();
      drawHeading(client);
      for (std::size_t i = 0; i < rows_.size(); ++i) {
        drawRow(client, rows_[i], i);
      }
    }
    return lines_;
  }

 private:
  [[nodiscard]] std::size_t columnOf(Duration at) const {
    const double share = std::clamp(at / end_, 0.0, 1.0);
    return std::min(static_cast<std::size_t>(share * static_cast<double>(columns_)), columns_ - 1);
  }

  [[nodiscard]] std::string margin(const std::string& label) const {
    return std::string(kIndent, ' ') + padded(label, labelWidth_) + ' ';
  }

  /// Centres `text` at a column, as far as it fits.
  static void place(std::string& line, const std::string& text, std::size_t column) {
    const std::size_t half = text.size() / 2;
    const std::size_t begin =
        std::min(column > half ? column - half : 0, line.size() - text.size());
    line.replace(begin, text.size(), text);
  }

  void drawLegend() {
    const std::string rows = rows_.size() == comparison_.poems.size()
                                 ? "Each row is a task."
                                 : std::to_string(comparison_.poems.size()) + " tasks, " +
                                       std::to_string(rows_.front().last + 1) + " in each row.";
    lines_.push_back(std::string("Bytes reported: ") + marks_.amounts.front() + " a few, " +
                     marks_.amounts.back() + " a whole poem. " + rows);
  }

  void drawAxis() {
    const Duration slowest = comparison_.slowest();
    const Duration sum = comparison_.sum();
    const bool same = columnOf(sum) - columnOf(slowest) < 2;
    std::string words(columns_, ' ');
    place(words, (same ? "slowest and sum " : "sum ") + inSeconds(sum), columnOf(sum));
    if (!same) {
      std::string left(columns_, ' ');
      place(left, "slowest " + inSeconds(slowest), columnOf(slowest));
      // If both do not fit into a line, the slowest gets a line above.
      if (left.find_last_not_of(' ') + 1 < words.find_first_not_of(' ')) {
        words.replace(0, words.find_first_not_of(' '), left, 0, words.find_first_not_of(' '));
      } else {
        lines_.push_back(trimmed(margin("") + left));
      }
    }
    lines_.push_back(trimmed(margin("") + words));
    std::string pointers;
    for (std::size_t column = 0; column < columns_; ++column) {
      pointers += isGuide(column) ? marks_.pointer : " ";
    }
    lines_.push_back(trimmed(margin("") + pointers));
  }

  [[nodiscard]] bool isGuide(std::size_t column) const {
    return column == columnOf(comparison_.slowest()) || column == columnOf(comparison_.sum());
  }

  static std::string trimmed(std::string line) {
    line.erase(line.find_last_not_of(' ') + 1);
    return line;
  }

  void drawHeading(const ClientResult& client) {
    std::string words =
        client.succeeded ? inSeconds(client.run.elapsed) : "FAILED: " + client.problems.front();
    if (client.succeeded &&
        (client.closeTo == Closeness::kSlowest || client.closeTo == Closeness::kSum)) {
      words += ", close to " + inWords(*client.closeTo);
    }
    const std::string order = orderInWords(client.run.recording);
    const bool isOneLine =
        order.empty() || words.size() + std::string("; ").size() + order.size() <= kWordsWidth;
    if (isOneLine && !order.empty()) {
      words += "; " + order;
    }
    lines_.push_back(bold(terminal_) + padded(client.name, kNameWidth) + plain(terminal_) +
                     shortened(words, kWordsWidth));
    if (!isOneLine) {
      lines_.push_back(std::string(kNameWidth, ' ') + order);
    }
  }

  /// The order in which the tasks became complete, as far as it fits into a line. Empty for one task.
  [[nodiscard]] static std::string orderInWords(const Recording& recording) {
    const std::vector<std::size_t> order = finishedOrder(recording);
    if (order.empty() || recording.tasks.size() == 1) {
      return "";
    }
    if (order.size() == recording.tasks.size() && std::is_sorted(order.begin(), order.end())) {
      return "finished in order";
    }
    const std::string more = " ...";
    std::string words = "finished";
    for (const std::size_t task : order) {
      const std::string number = ' ' + std::to_string(task);
      const bool isLast = task == order.back();
      if (words.size() + number.size() + (isLast ? 0 : more.size()) > kWordsWidth) {
        return words + more;
      }
      words += number;
    }
    return words;
  }

  /// Since when a client waits for a poem. The asynchronous clients of the lessons ask for all poems at
  /// the start. Other clients may not say when they ask.
  static std::optional<Duration> waitsFrom(Model model, const TaskRecord& task) {
    if (task.asked) {
      return task.asked;
    }
    if (model == Model::kSelect || model == Model::kReactor) {
      return Duration(0);
    }
    return task.chunks.empty() ? std::nullopt : std::optional(task.chunks.front().at);
  }

  void drawRow(const ClientResult& client, const Row& row, std::size_t index) {
    std::vector<double> bytes(columns_, 0);
    std::vector<bool> waits(columns_, false);
    double all = 0;
    for (std::size_t i = row.first; i <= row.last; ++i) {
      const TaskRecord& task = client.run.recording.tasks[i];
      for (const Chunk& chunk : task.chunks) {
        bytes[columnOf(chunk.at)] += static_cast<double>(chunk.bytes);
      }
      if (const std::optional<Duration> from = waitsFrom(client.model, task)) {
        const std::size_t end = columnOf(task.end.value_or(client.run.elapsed));
        for (std::size_t column = columnOf(*from); column < end; ++column) {
          waits[column] = true;
        }
      }
      all += static_cast<double>(comparison_.poems[i].size);
    }
    std::string line;
    bool coloured = false;
    for (std::size_t column = 0; column < columns_; ++column) {
      const bool isMarked = bytes[column] > 0 || waits[column];
      if (isMarked != coloured) {
        line += isMarked ? colourOf(terminal_, index) : plain(terminal_);
        coloured = isMarked;
      }
      line += bytes[column] > 0 ? amount(bytes[column] / all)
              : waits[column]   ? marks_.waits
              : isGuide(column) ? marks_.guide
                                : " ";
    }
    lines_.push_back(margin(row.label()) + trimmed(line) + (coloured ? plain(terminal_) : ""));
  }

  /// The square root, so that small chunks are visible beside a poem that comes all at once.
  [[nodiscard]] const char* amount(double share) const {
    const double level =
        std::sqrt(std::min(share, 1.0)) * static_cast<double>(kUnicode.amounts.size());
    return marks_.amounts[std::min(static_cast<std::size_t>(level), kUnicode.amounts.size() - 1)];
  }

  const Comparison& comparison_;
  const Terminal& terminal_;
  const Marks& marks_;
  std::vector<Row> rows_;
  std::size_t labelWidth_ = 0;
  std::size_t columns_ = 0;
  Duration end_{0};
  std::vector<std::string> lines_;
};

}  // namespace

std::vector<std::string> drawTimelines(const Comparison& comparison, const Terminal& terminal) {
  return Picture(comparison, terminal).draw();
}

}  // namespace poetry
