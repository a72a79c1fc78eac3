// The training program: docs/format/trainer.md.

#include <fcntl.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <string>

#include "agent/trainer/probe.h"
#include "agent/trainer/serve.h"

namespace {

constexpr int kEventFd = 3;
constexpr int kUsageError = 2;

int run(const std::string& task_file, bool probe) {
  // Before anything else is opened, which could become descriptor 3.
  const bool has_event_fd = ::fcntl(kEventFd, F_GETFD) >= 0;
  const evensweep::SystemClock clock;
  evensweep::catch_stop_signals();
  if (probe) return evensweep::probe_task_file(task_file, clock);
  if (!task_file.empty()) return evensweep::run_task_file(task_file, evensweep::EventWriter(STDOUT_FILENO), clock);
  if (!has_event_fd) {
    std::fputs(
        "evensweep-trainer: file descriptor 3 is not open for events. An agent starts this program; to train a "
        "task by hand, name its file: evensweep-trainer TASK.json\n",
        stderr);
    return kUsageError;
  }
  ::fcntl(kEventFd, F_SETFD, FD_CLOEXEC);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  evensweep::Inbox inbox(STDIN_FILENO);
  return evensweep::serve(inbox, evensweep::EventWriter(kEventFd), clock);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Trains runs for an Evensweep agent: tasks on standard input, events on file descriptor 3.",
               "evensweep-trainer");
  std::string task_file;
  CLI::Option* file =
      app.add_option("TASK.json", task_file, "train the task in this file, with events on standard output");
  bool probe = false;
  app.add_flag("--probe", probe, "only measure how fast the task's first run is trained")->needs(file);
  app.set_version_flag("--version", "evensweep-trainer " EVENSWEEP_VERSION);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kUsageError;
  }
  const int code = run(task_file, probe);
  std::fflush(nullptr);
  // Not exit: the input thread still runs, and libtorch's threads need no farewell.
  ::_exit(code);
}
