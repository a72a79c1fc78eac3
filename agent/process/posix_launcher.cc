#include "agent/process/posix_launcher.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "agent/process/child.h"
#include "common/base/descriptor.h"
#include "common/base/file.h"

extern char** environ;

namespace evensweep {
namespace {

// Above every number that the child's own descriptors get, so that placing one never closes another.
constexpr int kLowestDescriptor = 10;

struct Pipe {
  Descriptor read, write;
};

StatusOr<Descriptor> moved_up(int fd) {
  const Descriptor low(fd);
  Descriptor high(::fcntl(low.get(), F_DUPFD_CLOEXEC, kLowestDescriptor));
  if (high.get() < 0) return errno_status(errno, "cannot make a pipe for the trainer");
  return high;
}

StatusOr<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno_status(errno, "cannot make a pipe for the trainer");
  StatusOr<Descriptor> read = moved_up(ends[0]);
  StatusOr<Descriptor> write = moved_up(ends[1]);
  EV_RETURN_IF_ERROR(read.status());
  EV_RETURN_IF_ERROR(write.status());
  return Pipe{*std::move(read), *std::move(write)};
}

struct Actions {
  posix_spawn_file_actions_t files;
  posix_spawnattr_t attributes;
  Actions() {
    posix_spawn_file_actions_init(&files);
    posix_spawnattr_init(&attributes);
  }
  Actions(const Actions&) = delete;
  ~Actions() {
    posix_spawn_file_actions_destroy(&files);
    posix_spawnattr_destroy(&attributes);
  }
};

int place_descriptors(Actions& actions, int input, int errors, int events) {
  int error = posix_spawn_file_actions_adddup2(&actions.files, input, 0);
  if (error == 0) error = posix_spawn_file_actions_addopen(&actions.files, 1, "/dev/null", O_WRONLY, 0);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&actions.files, errors, 2);
  if (error == 0) error = posix_spawn_file_actions_adddup2(&actions.files, events, 3);
  if (error == 0) error = posix_spawn_file_actions_addclosefrom_np(&actions.files, 4);
  return error;
}

int place_attributes(Actions& actions) {
  sigset_t all, none;
  sigfillset(&all);
  sigemptyset(&none);
  constexpr short kFlags = POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
  int error = posix_spawnattr_setflags(&actions.attributes, kFlags);
  if (error == 0) error = posix_spawnattr_setpgroup(&actions.attributes, 0);
  if (error == 0) error = posix_spawnattr_setsigdefault(&actions.attributes, &all);
  if (error == 0) error = posix_spawnattr_setsigmask(&actions.attributes, &none);
  return error;
}

// This process's environment with the variables in place of those of the same name.
std::vector<std::string> environment_with(std::map<std::string, std::string> variables) {
  variables.try_emplace("OMP_WAIT_POLICY", std::getenv("OMP_WAIT_POLICY") ? std::getenv("OMP_WAIT_POLICY") : "PASSIVE");
  std::vector<std::string> environment;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string text = *variable;
    if (!variables.contains(text.substr(0, text.find('=')))) environment.push_back(text);
  }
  for (const auto& [name, value] : variables) environment.push_back(name + "=" + value);
  return environment;
}

std::vector<char*> pointers_to(const std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

StatusOr<pid_t> spawn(const std::vector<std::string>& command, const std::map<std::string, std::string>& variables,
                      int input, int errors, int events) {
  Actions actions;
  int error = place_descriptors(actions, input, errors, events);
  if (error == 0) error = place_attributes(actions);
  const std::vector<std::string> environment = environment_with(variables);
  pid_t pid = -1;
  if (error == 0)
    error = ::posix_spawn(&pid, command[0].c_str(), &actions.files, &actions.attributes, pointers_to(command).data(),
                          pointers_to(environment).data());
  if (error != 0) return errno_status(error, "cannot start the trainer " + command[0]);
  return pid;
}

class PosixProcess final : public TrainerProcess {
 public:
  explicit PosixProcess(std::shared_ptr<Child> child) : child_(std::move(child)) {}
  ~PosixProcess() override { child_->abandon(); }
  void write_line(std::string line) override { child_->write_line(std::move(line)); }
  void terminate() override { child_->signal_group(SIGTERM); }
  void kill() override { child_->signal_group(SIGKILL); }

 private:
  std::shared_ptr<Child> child_;
};

}  // namespace

PosixLauncher::PosixLauncher(boost::asio::io_context& context) : context_(context) {
  std::signal(SIGPIPE, SIG_IGN);  // a trainer that died is found by its exit, not by our writing to it
}

StatusOr<std::unique_ptr<TrainerProcess>> PosixLauncher::launch(const std::vector<std::string>& command,
                                                                const std::map<std::string, std::string>& variables,
                                                                TrainerCallbacks callbacks) {
  EV_ASSIGN_OR_RETURN(Pipe input, make_pipe());
  EV_ASSIGN_OR_RETURN(Pipe errors, make_pipe());
  EV_ASSIGN_OR_RETURN(Pipe events, make_pipe());
  for (const int fd : {input.write.get(), errors.read.get(), events.read.get()})
    if (::fcntl(fd, F_SETFL, O_NONBLOCK) != 0) return errno_status(errno, "cannot make a pipe for the trainer");
  EV_ASSIGN_OR_RETURN(const pid_t pid,
                      spawn(command, variables, input.read.get(), errors.write.get(), events.write.get()));
  // By its number: the header that declares it in glibc 2.36 cannot be used from C++.
  const int pidfd = static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
  if (pidfd < 0) {
    const Status status = errno_status(errno, "cannot watch the trainer");
    ::kill(-pid, SIGKILL);
    ::waitpid(pid, nullptr, 0);
    return status;
  }
  const ChildHandles handles{pid, pidfd, input.write.release(), errors.read.release(), events.read.release()};
  auto child = std::make_shared<Child>(context_, handles, std::move(callbacks));
  child->begin();
  return std::make_unique<PosixProcess>(std::move(child));
}

}  // namespace evensweep
