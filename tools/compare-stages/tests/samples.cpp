#include "samples.hpp"

#include "judge.hpp"

#include <csignal>

namespace poetry::testing {

namespace {

ClientResult judged(ClientResult client, const std::vector<Poem>& poems) {
  client.run.saved.resize(poems.size());
  judge(client, poems);
  const Comparison times{.poems = poems};
  if (client.succeeded) {
    client.closeTo = closeness(client.run.elapsed, times.slowest(), times.sum());
  }
  return client;
}

}  // namespace

std::vector<Poem> poemsOfASecond(std::size_t count) {
  std::vector<Poem> poems;
  for (std::size_t i = 0; i < count; ++i) {
    poems.push_back({.file = "no-such-poem.txt",
                     .size = 100,
                     .numBytes = 10,
                     .delay = Duration(0.1),
                     .address = "127.0.0.1:" + std::to_string(10000 + i)});
  }
  return poems;
}

ClientResult staircase(const std::vector<Poem>& poems) {
  Recorder recorder(std::vector<std::size_t>(poems.size(), 100));
  Duration now{0};
  for (std::size_t task = 1; task <= poems.size(); ++task) {
    const std::string name = "Task " + std::to_string(task) + ": ";
    recorder.received(Stream::kOutput, name + "get poetry from: 127.0.0.1:1\n", now);
    now += Duration(1);
    recorder.received(Stream::kOutput,
                      name + "got 100 bytes of poetry from 127.0.0.1:1 in 0:00:01.000000\n", now);
  }
  return judged({.name = "staircase",
                 .model = Model::kBlocking,
                 .run = {.command = {"staircase"}, .recording = recorder.take(), .elapsed = now}},
                poems);
}

ClientResult interleaved(const std::vector<Poem>& poems) {
  Recorder recorder(std::vector<std::size_t>(poems.size(), 100));
  for (int round = 0; round < 10; ++round) {
    for (std::size_t task = 1; task <= poems.size(); ++task) {
      recorder.received(
          Stream::kOutput,
          "Task " + std::to_string(task) + ": got 10 bytes of poetry from 127.0.0.1:1\n",
          Duration(0.1) * round);
    }
  }
  for (std::size_t task = poems.size(); task >= 1; --task) {
    recorder.received(Stream::kOutput, "Task " + std::to_string(task) + " finished\n", Duration(1));
  }
  recorder.received(Stream::kOutput, "Got 3 poems in 0:00:01.000000\n", Duration(1));
  ClientResult client = judged({.name = "interleaved",
                                .model = Model::kSelect,
                                .run = {.command = {"interleaved"},
                                        .recording = recorder.take(),
                                        .usage = {.peakMemory = 4200000},
                                        .elapsed = Duration(1)}},
                               poems);
  client.steps = stepsOfSelectClient(poems.size(), client.run.recording.lines);
  return client;
}

ClientResult failed(const std::vector<Poem>& poems) {
  Recorder recorder(std::vector<std::size_t>(poems.size(), 100));
  recorder.received(Stream::kOutput, "Task 1: got 10 bytes of poetry from 127.0.0.1:1\n",
                    Duration(0.5));
  recorder.received(Stream::kOutput, "<b>\"strange\" & 'odd'</b> \x01\n", Duration(0.5));
  return judged({.name = "failed",
                 .run = {.command = {"failed"},
                         .recording = recorder.take(),
                         .ending = Ending::bySignal(SIGSEGV),
                         .elapsed = Duration(0.5)}},
                poems);
}

Comparison comparisonOf(std::size_t tasks) {
  Comparison comparison;
  comparison.poems = poemsOfASecond(tasks);
  comparison.clients = {staircase(comparison.poems), interleaved(comparison.poems),
                        failed(comparison.poems)};
  comparison.verdicts = {
      {.client = comparison.clients[1], .judgement = Judgement::kAsynchronous, .why = "Because."},
      {.client = comparison.clients[2],
       .judgement = Judgement::kNotAsynchronous,
       .why = "It did not ask.",
       .advice = "Ask."}};
  comparison.skipped = {"README.md"};
  return comparison;
}

}  // namespace poetry::testing
