#include "agent/process/side_by_side.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/file.h"

extern char** environ;

namespace evensweep {
namespace {

struct Copy {
  pid_t pid = -1;
  int output = -1;
};

// Not fork: gRPC may have threads by now.
StatusOr<Copy> start(const std::vector<std::string>& command) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno_status(errno, "cannot make a pipe for " + command[0]);
  std::vector<char*> arguments;
  for (const std::string& word : command) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  Copy copy{.output = ends[0]};
  const int error = ::posix_spawn(&copy.pid, command[0].c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::close(ends[1]);
  if (error == 0) return copy;
  ::close(ends[0]);
  return errno_status(error, "cannot start " + command[0]);
}

std::string read_to_end(int descriptor) {
  std::string text;
  char buffer[4096];
  while (true) {
    const ssize_t got = ::read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return text;
    text.append(buffer, static_cast<size_t>(got));
  }
}

bool ended_well(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0)
    if (errno != EINTR) return false;
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

StatusOr<std::vector<std::string>> run_side_by_side(const std::vector<std::string>& command, int64_t copies) {
  std::vector<Copy> running;
  Status status;
  for (int64_t i = 0; i < copies && status.ok(); ++i) {
    const StatusOr<Copy> copy = start(command);
    status = copy.status();
    if (copy.ok()) running.push_back(*copy);
  }
  std::vector<std::string> outputs;
  for (const Copy& copy : running) {  // those that run are waited for in any case
    outputs.push_back(read_to_end(copy.output));
    ::close(copy.output);
    if (!ended_well(copy.pid) && status.ok()) status = absl::UnavailableError(command[0] + " has failed");
  }
  if (!status.ok()) return status;
  return outputs;
}

}  // namespace evensweep
