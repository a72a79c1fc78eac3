// A trainer that trains nothing: it speaks the contract of docs/format/trainer.md, and on request breaks it.
//
// FAKE_TRAINER_MODE, words separated by commas; the first one that applies to a run decides:
//   instant        a result made from the run key alone, within the event (the default)
//   on_disk        the same in result.json
//   sleep:MS       the same, MS milliseconds of "training" later, with progress; SIGTERM stops it, resuming goes on
//   ignore_term    trains for ever and ignores SIGTERM
//   crash          SIGSEGV while training            oom        SIGKILL to itself while training
//   exit:N         exits with code N while training  hang       started, then silence
//   garbage        an event line that is no JSON     long_line  an event line of more than 1 MiB
//   no_result      finished, but no result.json      nan_result a result.json with a NaN
//   wrong_run      speaks of a run it was not given  failed:C   reports the failure class C
//   mute           never says hello                  no_start   exits with code 1 before its hello
//   once:MODE      MODE in the first run that this folder sees, instant afterwards
// FAKE_TRAINER_MODE_FILE names a file that holds the mode and is read for each task.

#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/base/file.h"
#include "common/model/json.h"
#include "common/model/json_member.h"
#include "tests/support/fake_result.h"

namespace evensweep {
namespace {

constexpr int kEvents = 3;
volatile std::sig_atomic_t stop_asked = 0;

void ask_stop(int) { stop_asked = 1; }

void write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t wrote = ::write(kEvents, bytes.data(), bytes.size());
    if (wrote <= 0) std::_Exit(1);
    bytes.remove_prefix(static_cast<size_t>(wrote));
  }
}

std::string pending;  // events that go with the next one

void say_with_next(const Json& event) { pending += event.dump() + "\n"; }
void say(const Json& event) {
  say_with_next(event);
  write_all(std::exchange(pending, {}));
}

// Standard input closed means that the agent is gone.
bool input_closed() {
  pollfd input{STDIN_FILENO, 0, 0};
  return ::poll(&input, 1, 0) > 0 && (input.revents & (POLLHUP | POLLERR)) != 0;
}

struct Task {
  std::string run;
  uint32_t attempt = 0;
  std::string folder;
  int64_t classes = 2;

  Json event(const char* name) const { return {{"event", name}, {"run", run}, {"attempt", attempt}}; }
};

void finish(const Task& task) {
  pending += text_with_member(task.event("finished"), "result", fake_result_json(task.run, task.classes)) + "\n";
  write_all(std::exchange(pending, {}));
}

void finish_on_disk(const Task& task) {
  if (!write_file_atomically(task.folder + "/result.json", fake_result_json(task.run, task.classes)).ok()) {
    std::cerr << "cannot write the result\n";
    std::_Exit(1);
  }
  say(task.event("finished"));
}

[[noreturn]] void stop(const Task& task, int64_t done) {
  std::ofstream(task.folder + "/checkpoint") << done;
  say(task.event("stopped"));
  std::_Exit(0);
}

int64_t checkpoint_of(const Task& task) {
  std::ifstream file(task.folder + "/checkpoint");
  int64_t done = 0;
  file >> done;
  return done;
}

void train_slowly(const Task& task, int64_t first, int64_t millis) {
  constexpr int64_t kStep = 20;
  int64_t done = first;
  // By the clock: a sleep takes longer than asked for, and twenty of them much longer.
  const auto start = std::chrono::steady_clock::now() - std::chrono::milliseconds(done);
  std::filesystem::create_directories(task.folder);
  while (done < millis) {
    if (stop_asked != 0) stop(task, done);
    if (input_closed()) std::_Exit(0);
    Json progress = task.event("progress");
    progress["fraction"] = static_cast<double>(done) / static_cast<double>(millis);
    progress["examples_per_second"] = 1000.0;
    if (done % 100 == 0) say(progress);
    done = std::min(done + kStep, millis);
    std::this_thread::sleep_until(start + std::chrono::milliseconds(done));
  }
  std::error_code ignored;
  if (first > 0) std::filesystem::remove(task.folder + "/checkpoint", ignored);
  finish(task);
}

void wait_for_ever() {
  while (!input_closed()) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  std::_Exit(0);
}

[[noreturn]] void die(int signal) {
  const rlimit none{0, 0};
  ::setrlimit(RLIMIT_CORE, &none);
  std::signal(signal, SIG_DFL);
  ::raise(signal);
  std::_Exit(99);
}

std::string argument_of(const std::string& mode) {
  const size_t colon = mode.find(':');
  return colon == std::string::npos ? "" : mode.substr(colon + 1);
}

void finish_badly(const Task& task, const std::string& mode) {
  if (mode == "nan_result") {
    Json result = Json::parse(fake_result_json(task.run, task.classes));
    std::string text = result.dump();
    text.replace(text.find("\"train_loss\":0.5"), 16, "\"train_loss\":NaN");
    if (!write_file_atomically(task.folder + "/result.json", text).ok()) std::_Exit(1);
  }
  say(task.event("finished"));  // no_result: nothing was written
}

void break_contract(const Task& task, const std::string& mode) {
  if (mode == "garbage") write_all("this is no event\n");
  if (mode == "long_line") write_all(std::string((1 << 20) + 10, 'x') + "\n");
  if (mode == "wrong_run") {
    Json event = task.event("progress");
    event.update({{"run", std::string(64, '0')}, {"fraction", 0.5}, {"examples_per_second", 1.0}});
    say(event);
  }
  if (mode == "no_result" || mode == "nan_result") finish_badly(task, mode);
  wait_for_ever();
}

void train(const Task& task, const std::string& mode) {
  Json started = task.event("started");
  started["resumed_at_epoch"] = 0;
  if (mode == "instant") {  // as little work as can be
    say_with_next(started);
    return finish(task);
  }
  const int64_t done = checkpoint_of(task);
  started["resumed_at_epoch"] = done > 0 ? 1 : 0;
  say(started);
  std::cerr << "training " + task.run.substr(0, 12) + " in mode " + mode + "\n";
  const std::string name = mode.substr(0, mode.find(':'));
  if (name == "sleep") return train_slowly(task, done, std::atoll(argument_of(mode).c_str()));
  std::filesystem::create_directories(task.folder);
  if (name == "crash") die(SIGSEGV);
  if (name == "oom") die(SIGKILL);
  if (name == "exit") std::_Exit(std::atoi(argument_of(mode).c_str()));
  if (name == "hang") wait_for_ever();
  if (name == "ignore_term") {
    std::signal(SIGTERM, SIG_IGN);
    say(started);  // tells a test that the signal is ignored by now
    wait_for_ever();
  }
  if (name == "failed") {
    Json event = task.event("failed");
    event.update({{"class", argument_of(mode)}, {"message", "as asked"}});
    return say(event);
  }
  if (name == "on_disk") return finish_on_disk(task);
  break_contract(task, name);
}

std::string mode_now() {
  if (const char* file = std::getenv("FAKE_TRAINER_MODE_FILE")) {
    std::string mode;
    std::ifstream(file) >> mode;
    if (!mode.empty()) return mode;
  }
  const char* mode = std::getenv("FAKE_TRAINER_MODE");
  return mode == nullptr || *mode == '\0' ? "instant" : mode;
}

std::string mode_for(const std::string& work_dir) {
  const std::string mode = mode_now();
  if (!mode.starts_with("once:")) return mode;
  const std::string mark = work_dir + "/fake_trainer.once";
  if (std::filesystem::exists(mark)) return "instant";
  std::ofstream(mark) << "done";
  return argument_of(mode);
}

// Picks what it needs of a task, with nothing built of the rest: reading it is most of what an instant run takes.
class TaskReader {
 public:
  bool null() { return true; }
  bool boolean(bool) { return true; }
  bool number_integer(Json::number_integer_t) { return number(0); }
  bool number_unsigned(Json::number_unsigned_t value) { return number(value); }
  bool number_float(Json::number_float_t, const std::string&) { return number(0); }
  bool string(std::string& value) {
    if (depth_ == 1 && key_ == "work_dir") work_dir = value;
    if (depth_ == 3 && key_ == "run") tasks.back().run = value;
    return true;
  }
  bool binary(Json::binary_t&) { return false; }
  bool start_object(size_t) {
    if (++depth_ == 3) tasks.emplace_back().classes = 0;  // the task is 1, the list of its runs 2
    return true;
  }
  bool key(std::string& name) {
    key_ = name;
    return true;
  }
  bool end_object() {
    --depth_;
    return true;
  }
  bool start_array(size_t) {
    ++depth_;
    list_ = key_;
    return true;
  }
  bool end_array() {
    --depth_;
    list_.clear();
    return true;
  }
  bool parse_error(size_t, const std::string& what, const nlohmann::detail::exception&) {
    std::cerr << "fake_trainer: a task that is no JSON, at " << what << "\n";
    return false;
  }

  std::string work_dir;
  std::vector<Task> tasks;

 private:
  bool number(uint64_t value) {
    if (depth_ == 3 && key_ == "attempt") tasks.back().attempt = static_cast<uint32_t>(value);
    if (list_ == "class_weights") ++tasks.back().classes;
    return true;
  }

  int depth_ = 0;
  std::string key_, list_;  // the newest key, and that of the list that is open
};

// Not std::getline: that reads byte by byte, or else goes on reading after a signal that is to end it.
bool read_line(std::string& line) {
  static std::string read_ahead;
  for (size_t end = read_ahead.find('\n');; end = read_ahead.find('\n')) {
    if (stop_asked != 0) return false;
    if (end != std::string::npos) {
      line = read_ahead.substr(0, end);
      read_ahead.erase(0, end + 1);
      return true;
    }
    char bytes[1 << 16];
    const ssize_t got = ::read(STDIN_FILENO, bytes, sizeof bytes);
    if (got <= 0) return false;
    read_ahead.append(bytes, static_cast<size_t>(got));
  }
}

int serve() {
  const std::string mode = mode_now();
  if (mode == "no_start") {
    std::cerr << "a library is missing\n";
    return 1;
  }
  if (mode == "mute") wait_for_ever();
  struct sigaction action {};
  action.sa_handler = ask_stop;  // no SA_RESTART: a wait for the next task ends with it
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGUSR2}) ::sigaction(signal, &action, nullptr);
  say({{"event", "hello"},
       {"contract", 1},
       {"trainer", "fake_trainer 1"},
       {"numerics", kTrainerNumerics},
       {"makes_folders", true}});
  std::string line;
  while (read_line(line)) {
    TaskReader reader;
    if (!Json::sax_parse(line, &reader)) return 1;
    for (Task& task : reader.tasks) {
      task.folder = reader.work_dir + "/" + task.run;
      task.classes = std::max<int64_t>(task.classes, 2);
      train(task, mode_for(reader.work_dir));
    }
  }
  return 0;
}

}  // namespace
}  // namespace evensweep

int main() {
  try {
    return evensweep::serve();
  } catch (const std::exception& error) {
    std::cerr << "fake_trainer: " << error.what() << "\n";
    return 1;
  }
}
