// The program as an agent meets it: pipes, lines, signals, exit codes.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <optional>

#include "common/base/file.h"
#include "common/model/json.h"
#include "tests/support/places.h"
#include "tests/unit/trainer/synthetic_data.h"

extern char** environ;

namespace evensweep {
namespace {

using testing::HasSubstr;
const std::string kProgram = bin_dir() + "/evensweep-trainer";
constexpr int kPatienceMillis = 60'000;

struct Pipe {
  int read_end = -1, write_end = -1;
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
    read_end = ::fcntl(ends[0], F_DUPFD_CLOEXEC, 10);  // out of the way of 0 to 3
    write_end = ::fcntl(ends[1], F_DUPFD_CLOEXEC, 10);
    ::close(ends[0]);
    ::close(ends[1]);
  }
  ~Pipe() {
    close_end(read_end);
    close_end(write_end);
  }
  static void close_end(int& fd) {
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

class Program {
 public:
  explicit Program(std::vector<std::string> arguments = {}, bool with_events = true) {
    posix_spawn_file_actions_t actions;
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_adddup2(&actions, input_.read_end, 0);
    ::posix_spawn_file_actions_adddup2(&actions, output_.write_end, 1);
    ::posix_spawn_file_actions_adddup2(&actions, errors_.write_end, 2);
    if (with_events) {
      ::posix_spawn_file_actions_adddup2(&actions, events_.write_end, 3);
    } else {
      ::posix_spawn_file_actions_addclose(&actions, 3);  // ctest may have left one open
    }
    arguments.insert(arguments.begin(), kProgram);
    std::vector<char*> pointers;
    for (std::string& argument : arguments) pointers.push_back(argument.data());
    pointers.push_back(nullptr);
    EXPECT_EQ(::posix_spawn(&pid_, kProgram.c_str(), &actions, nullptr, pointers.data(), environ), 0) << kProgram;
    ::posix_spawn_file_actions_destroy(&actions);
    Pipe::close_end(input_.read_end);
    for (Pipe* pipe : {&output_, &errors_, &events_}) Pipe::close_end(pipe->write_end);
  }
  ~Program() {
    if (pid_ < 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
  }

  void send(const std::string& line) {
    const std::string text = line + "\n";
    size_t done = 0;
    while (done < text.size()) {
      const ssize_t wrote = ::write(input_.write_end, text.data() + done, text.size() - done);
      if (wrote < 0) return;  // it ended already; the exit code tells
      done += static_cast<size_t>(wrote);
    }
  }
  void close_input() { Pipe::close_end(input_.write_end); }
  void signal(int number) const { ::kill(pid_, number); }

  // The next event; null when there are no more.
  Json event() {
    while (true) {
      if (const size_t end = pending_.find('\n'); end != std::string::npos) {
        const Json event = Json::parse(pending_.substr(0, end));
        pending_.erase(0, end + 1);
        return event;
      }
      const std::string more = read_some(events_.read_end);
      if (more.empty()) return {};
      pending_ += more;
    }
  }
  // Passes over events until one of this kind; null if none comes.
  Json event_of_kind(const std::string& kind) {
    for (Json next = event(); !next.is_null(); next = event())
      if (next["event"] == kind) return next;
    return {};
  }
  // Waits for the end: the exit code, or minus the signal.
  int wait() {
    while (!event().is_null()) continue;
    output = read_all(output_.read_end);
    errors = read_all(errors_.read_end);
    int status = 0;
    ::waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::string output, errors;  // after wait()

 private:
  static std::string read_some(int fd) {
    pollfd source{.fd = fd, .events = POLLIN, .revents = 0};
    if (::poll(&source, 1, kPatienceMillis) <= 0) {
      ADD_FAILURE() << "the trainer says nothing";
      return {};
    }
    char buffer[4096];
    const ssize_t got = ::read(fd, buffer, sizeof buffer);
    return got > 0 ? std::string(buffer, static_cast<size_t>(got)) : std::string();
  }
  static std::string read_all(int fd) {
    std::string all;
    for (std::string more = read_some(fd); !more.empty(); more = read_some(fd)) all += more;
    return all;
  }

  Pipe input_, output_, errors_, events_;
  pid_t pid_ = -1;
  std::string pending_;
};

class TrainerProgram : public testing::Test {
 protected:
  static void SetUpTestSuite() { std::signal(SIGPIPE, SIG_IGN); }
  // A run that nobody waits for to end.
  RunSpec endless() const {
    RunSpec spec = points_run(folder_.path());
    spec.training.epochs = 1'000'000;
    return spec;
  }
  std::string work_dir() const { return folder_.path() + "/work"; }
  std::string run_file(const RunSpec& spec, const std::string& name) const {
    return work_dir() + "/" + run_key(spec).str() + "/" + name;
  }

  TestFolder folder_;
};

TEST_F(TrainerProgram, TrainsTaskAfterTaskAndLeavesResults) {
  const RunSpec first = points_run(folder_.path()), second = images_run(folder_.path(), "peifer_cnn");
  Program program;
  const Json hello = program.event();
  EXPECT_EQ(hello["event"], "hello");
  EXPECT_EQ(hello["contract"], 1);
  EXPECT_EQ(hello["numerics"], kTrainerNumerics);
  for (const RunSpec* spec : {&first, &second}) {
    program.send(task_line(*spec, work_dir()));
    const Json started = program.event();
    EXPECT_EQ(started["event"], "started");
    EXPECT_EQ(started["run"], run_key(*spec).str());
    EXPECT_EQ(started["attempt"], 1);
    EXPECT_EQ(started["resumed_at_epoch"], 0);
    EXPECT_EQ(program.event_of_kind("finished")["run"], run_key(*spec).str());
    const auto result = read_file(run_file(*spec, "result.json"));
    ASSERT_TRUE(result.ok()) << result.status();
    const auto parsed = parse_run_result(*result, static_cast<int64_t>(spec->treatment.class_weights.size()));
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    EXPECT_FALSE(std::filesystem::exists(run_file(*spec, "checkpoint")));
  }
  program.close_input();
  EXPECT_EQ(program.wait(), 0);
  EXPECT_EQ(program.errors, "");
}

TEST_F(TrainerProgram, EndsAtOnceWhenItsInputEndsInTheMiddleOfARun) {
  Program program;
  program.send(task_line(endless(), work_dir()));
  EXPECT_FALSE(program.event_of_kind("progress").is_null());
  program.close_input();
  EXPECT_EQ(program.wait(), 0);
}

TEST_F(TrainerProgram, ASignalStopsTheRunWithACheckpointFromWhichAnotherProcessGoesOn) {
  const RunSpec spec = endless();
  for (const int number : {SIGTERM, SIGINT, SIGUSR1, SIGUSR2}) {
    Program program;
    program.send(task_line(spec, work_dir()));
    const Json started = program.event_of_kind("started");
    EXPECT_EQ(started["resumed_at_epoch"] > 0, number != SIGTERM) << "the first starts anew";
    EXPECT_FALSE(program.event_of_kind("progress").is_null());
    program.signal(number);
    EXPECT_EQ(program.event_of_kind("stopped")["run"], run_key(spec).str());
    EXPECT_EQ(program.wait(), 0) << program.errors;
    EXPECT_TRUE(std::filesystem::exists(run_file(spec, "checkpoint")));
  }
}

TEST_F(TrainerProgram, ASignalEndsAnIdleTrainer) {
  Program program;
  program.event_of_kind("hello");
  program.signal(SIGTERM);
  EXPECT_EQ(program.wait(), 0);
}

TEST_F(TrainerProgram, AFailedRunIsReportedAndTheNextIsTrained) {
  RunSpec diverging = points_run(folder_.path());
  diverging.training.optimizer = {.name = "sgd", .lr = 1e30};
  Program program;
  program.send(task_line(diverging, work_dir()));
  const Json failed = program.event_of_kind("failed");
  EXPECT_EQ(failed["class"], "diverged");
  EXPECT_THAT(failed["message"].get<std::string>(), HasSubstr("epoch 1, step"));
  program.send(task_line(points_run(folder_.path()), work_dir()));
  EXPECT_FALSE(program.event_of_kind("finished").is_null());
}

TEST_F(TrainerProgram, AChangedDataFileIsBadInput) {
  const RunSpec spec = points_run(folder_.path());
  ASSERT_TRUE(write_file_atomically(spec.dataset.train_files[0].path, "a,label\n1,x\n2,y\n").ok());
  Program program;
  program.send(task_line(spec, work_dir()));
  const Json failed = program.event_of_kind("failed");
  EXPECT_EQ(failed["class"], "bad_input");
  EXPECT_THAT(failed["message"].get<std::string>(), HasSubstr("has changed since the sweep was submitted"));
}

TEST_F(TrainerProgram, RefusesLinesThatAreNoTasks) {
  for (const char* line : {"{\"contract\":1", "\xff\xfe garbage", "{\"contract\":9}", ""}) {
    Program program;
    program.send(line);
    EXPECT_EQ(program.wait(), 1) << line;
    EXPECT_THAT(program.errors, HasSubstr("standard input: task")) << line;
  }
}

TEST_F(TrainerProgram, RefusesALineOfMoreThanAMebibyte) {
  Program program;
  program.send(std::string((size_t{1} << 20) + 1, ' '));
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.errors, HasSubstr("longer than 1 MiB"));
}

TEST_F(TrainerProgram, TrainsATaskFileByHand) {
  const std::string file = folder_.path() + "/task.json";
  ASSERT_TRUE(write_file_atomically(file, task_line(points_run(folder_.path()), work_dir())).ok());
  Program program({file}, /*with_events=*/false);
  EXPECT_EQ(program.wait(), 0);
  EXPECT_THAT(program.output, HasSubstr("\"finished\""));
}

TEST_F(TrainerProgram, AProbeSaysHowFastARunIsTrainedAndLeavesNothingBehind) {
  const std::string file = folder_.path() + "/task.json";
  const RunSpec spec = points_run(folder_.path());  // shorter than a probe's measure: the whole run is it
  ASSERT_TRUE(write_file_atomically(file, task_line(spec, work_dir())).ok());
  Program program({"--probe", file}, /*with_events=*/false);
  EXPECT_EQ(program.wait(), 0) << program.errors;
  EXPECT_GT(Json::parse(program.output)["runs_per_second"].get<double>(), 0);
  EXPECT_TRUE(std::filesystem::is_empty(work_dir()));
}

TEST_F(TrainerProgram, AProbeOfWhatCannotBeTrainedSaysWhy) {
  const std::string file = folder_.path() + "/task.json";
  RunSpec spec = points_run(folder_.path());
  spec.model.name = "resnet20";
  ASSERT_TRUE(write_file_atomically(file, task_line(spec, work_dir())).ok());
  Program program({"--probe", file}, /*with_events=*/false);
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.errors, HasSubstr("needs images"));
}

TEST_F(TrainerProgram, AnUnreadableTaskFileIsAnErrorWithItsName) {
  Program program({"/no/such/task.json"});
  EXPECT_EQ(program.wait(), 1);
  EXPECT_THAT(program.errors, HasSubstr("/no/such/task.json"));
}

TEST_F(TrainerProgram, SaysHowItIsUsed) {
  Program bare({}, /*with_events=*/false);
  EXPECT_EQ(bare.wait(), 2);
  EXPECT_THAT(bare.errors, HasSubstr("file descriptor 3 is not open"));
  Program unknown({"--no-such-option"});
  EXPECT_EQ(unknown.wait(), 2);
  Program version({"--version"});
  EXPECT_EQ(version.wait(), 0);
  EXPECT_THAT(version.output, HasSubstr("evensweep-trainer "));
  Program help({"--help"});
  EXPECT_EQ(help.wait(), 0);
  EXPECT_THAT(help.output, HasSubstr("TASK.json"));
}

TEST_F(TrainerProgram, LinksNeitherGrpcNorProtobuf) {
  std::string text;
  FILE* ldd = ::popen(("ldd '" + kProgram + "'").c_str(), "r");
  ASSERT_NE(ldd, nullptr);
  char buffer[4096];
  while (std::fgets(buffer, sizeof buffer, ldd) != nullptr) text += buffer;
  EXPECT_EQ(::pclose(ldd), 0);
  EXPECT_THAT(text, HasSubstr("libtorch_cpu"));
  EXPECT_THAT(text, testing::Not(HasSubstr("grpc")));
  EXPECT_THAT(text, testing::Not(HasSubstr("protobuf")));
}

}  // namespace
}  // namespace evensweep
