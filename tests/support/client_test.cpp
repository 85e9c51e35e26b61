#include "support/client_test.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <numeric>
#include <stdexcept>
#include <utility>

namespace poetry::testing {

std::string ClientUnderTest::name() const {
  return std::filesystem::path(program).filename().string();
}

void PrintTo(const ClientUnderTest& client, std::ostream* out) {
  *out << client.name();
}

Transcript::Transcript(const ClientUnderTest& client, const std::vector<std::string>& lines)
    : client_(client) {
  for (const std::string& line : lines) {
    if (!add(parseReportLine(line))) {
      throw std::runtime_error("a line that " + client.name() +
                               " should not print here: " + escaped(line));
    }
  }
}

bool Transcript::add(const ReportLine& line) {
  using Kind = ReportLine::Kind;
  const bool hasReportBegun = !reported.empty() && !client_.oneAfterTheOther;
  if (!got.empty()) {
    return false;  // nothing follows the summary
  }
  switch (line.kind) {
    case Kind::kAsks:
      tasks[static_cast<int>(line.task)].asked = line.address;
      return client_.oneAfterTheOther;
    case Kind::kPoem:
      addTotal(line);
      return client_.oneAfterTheOther && addChunk(line);
    case Kind::kChunk:
      return !client_.oneAfterTheOther && !hasReportBegun && addChunk(line);
    case Kind::kFinished:
      return client_.reportsFinished && !hasReportBegun &&
             !std::exchange(tasks[static_cast<int>(line.task)].finished, true);
    case Kind::kTotal:
      addTotal(line);
      return !client_.oneAfterTheOther;
    case Kind::kSummary:
      got = std::to_string(line.poems);
      got += line.tasks == line.poems ? "" : " of " + std::to_string(line.tasks);
      return true;
    default:
      return false;
  }
}

bool Transcript::addChunk(const ReportLine& line) {
  Task& task = tasks[static_cast<int>(line.task)];
  const bool isSameAddress = task.address.empty() || task.address == line.address;
  task.address = line.address;
  task.chunks.push_back(line.bytes);
  return isSameAddress && !task.finished;
}

void Transcript::addTotal(const ReportLine& line) {
  tasks[static_cast<int>(line.task)].total = line.bytes;
  reported.push_back(static_cast<int>(line.task));
}

void ClientTest::TearDown() {
  if (HasFailure()) {
    std::fprintf(stderr, "The story of this test:\n%s", scenario_.story().c_str());
  }
}

std::unique_ptr<ChildProcess> ClientTest::start(const std::vector<std::string>& arguments,
                                                const ChildOptions& options, SourceLine where) {
  return scenario_.start(client().program, arguments, options, where);
}

std::string ClientTest::gotLine(int task, std::size_t bytes, const std::string& address) {
  return "Task " + std::to_string(task) + ": got " + std::to_string(bytes) +
         " bytes of poetry from " + address;
}

std::string ClientTest::lostLine(int task, std::size_t bytes, const std::string& address) const {
  return client().name() + ": Task " + std::to_string(task) + ": connection to " + address +
         " lost after " + std::to_string(bytes) + " bytes: Connection reset by peer";
}

std::string ClientTest::refusedLine(int task, const std::string& address) const {
  return client().name() + ": Task " + std::to_string(task) + ": failed to connect to " + address +
         ": Connection refused";
}

void ClientTest::expectMessages(ChildProcess& program, const std::vector<std::string>& lines,
                                SourceLine where) {
  EXPECT_EQ(program.errorLines(), lines) << where.file << ':' << where.line;
}

void ClientTest::expectPoems(ChildProcess& program, const std::vector<std::size_t>& sizes,
                             SourceLine where) {
  EXPECT_EQ(program.wait(where), Ending::code(0)) << where.file << ':' << where.line;
  expectMessages(program, {}, where);
  std::map<int, std::size_t> byTask;
  for (const std::size_t size : sizes) {
    byTask.emplace(static_cast<int>(byTask.size()) + 1, size);
  }
  expectReport(program, byTask, sizes.size(), where);
}

void ClientTest::expectReport(ChildProcess& program, const std::map<int, std::size_t>& sizes,
                              std::size_t tasks, SourceLine where) {
  SCOPED_TRACE(std::string("expected at ") + where.file + ':' + std::to_string(where.line));
  const Transcript transcript(client(), program.outputLines());

  std::vector<int> inOrder;
  for (const auto& [task, size] : sizes) {
    inOrder.push_back(task);
    ASSERT_TRUE(transcript.tasks.contains(task)) << "no line is about task " << task;
    const Transcript::Task& found = transcript.tasks.at(task);
    EXPECT_EQ(found.total, size) << "task " << task;
    EXPECT_EQ(std::accumulate(found.chunks.begin(), found.chunks.end(), std::size_t{0}), size)
        << "the chunks of task " << task << " do not add up";
    EXPECT_EQ(found.finished, client().reportsFinished) << "task " << task;
    if (!client().reportsChunks) {
      EXPECT_LE(found.chunks.size(), 1U) << "more than one line for the poem of task " << task;
    } else {
      EXPECT_EQ(std::count(found.chunks.begin(), found.chunks.end(), 0U), 0)
          << "a chunk of no bytes for task " << task;
    }
  }
  EXPECT_EQ(transcript.reported, inOrder);
  for (const auto& [task, found] : transcript.tasks) {
    EXPECT_TRUE(!found.finished || sizes.contains(task)) << "task " << task << " is not complete";
  }
  const std::string all = std::to_string(tasks);
  EXPECT_EQ(transcript.got,
            sizes.size() == tasks ? all : std::to_string(sizes.size()) + " of " + all);
}

std::filesystem::path ClientTest::poemFile(int task) const {
  return folder() / ("poem-" + std::to_string(task) + ".txt");
}

std::string contentsOf(const std::filesystem::path& file) {
  std::string bytes(std::filesystem::file_size(file), '\0');
  std::ifstream stream(file, std::ios::binary);
  if (!stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()))) {
    throw std::runtime_error("cannot read " + file.string());
  }
  return bytes;
}

}  // namespace poetry::testing
