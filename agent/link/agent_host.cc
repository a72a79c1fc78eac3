#include "agent/link/agent_host.h"

#include <unistd.h>

#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <random>
#include <set>
#include <thread>
#include <utility>

#include "agent/core/agent_core.h"
#include "agent/link/agent_files.h"
#include "agent/link/coordinator_link.h"
#include "agent/link/dir_lock.h"
#include "agent/link/run_folders.h"
#include "agent/link/spool_writer.h"
#include "agent/process/posix_launcher.h"
#include "common/base/file.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/wire/limits.h"

namespace evensweep {
namespace {

constexpr Duration kGaugeInterval{5000};
// So long the coordinator may take to close the stream after our last word.
constexpr Duration kCloseTime{500};
constexpr Duration::rep kBusy = -1;
constexpr size_t kMostReasons = 8;  // of one absence of the coordinator

Status check(const AgentOptions& options) {
  if (options.id.empty()) return absl::InvalidArgumentError("an agent needs an id");
  if (options.devices.empty() || options.devices.size() > static_cast<size_t>(wire::kMostDevices))
    return absl::InvalidArgumentError("an agent has from 1 to " + std::to_string(wire::kMostDevices) + " devices");
  for (const LocalDevice& local : options.devices)
    if (local.device.slots < 1 || local.device.slots > wire::kMostSlots)
      return absl::InvalidArgumentError("slots must be from 1 to " + std::to_string(wire::kMostSlots));
  if (options.trainers.empty()) return absl::InvalidArgumentError("an agent needs a trainer");
  for (const auto& [name, command] : options.trainers) {
    if (command.empty()) return absl::InvalidArgumentError("the trainer " + name + " has no command");
    std::error_code error;
    if (std::filesystem::is_directory(command[0], error))
      return absl::InvalidArgumentError("the trainer " + command[0] + " is a folder");
    if (::access(command[0].c_str(), X_OK) != 0) return errno_status(errno, "cannot run the trainer " + command[0]);
  }
  return absl::OkStatus();
}

std::string host_name() {
  char name[256] = {};
  return ::gethostname(name, sizeof name - 1) == 0 && name[0] != '\0' ? name : "unknown";
}

uint64_t chance() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

AgentConfig config_of(const AgentOptions& options, uint64_t incarnation) {
  AgentConfig config;
  config.id = options.id;
  config.incarnation = sha256_hex(std::to_string(incarnation)).substr(0, 16);
  config.host = host_name();
  config.version = EVENSWEEP_VERSION;
  config.trainers.clear();
  for (const auto& [name, command] : options.trainers) config.trainers.push_back(name);
  config.devices.clear();
  for (const LocalDevice& local : options.devices) config.devices.push_back(local.device);
  config.labels = options.labels;
  config.cores = options.cores;
  config.memory_bytes = options.memory_bytes;
  config.grace = options.grace;
  config.silence = options.timeouts.silence;
  config.first_silence = options.timeouts.first_silence;
  config.startup = options.timeouts.startup;
  config.detached = options.timeouts.detached;
  config.transfers = options.transfers.has_value();
  if (options.transfers) config.checkpoint_every = options.transfers->checkpoint_every;
  return config;
}

}  // namespace

// Everything but the public methods is on the one thread that runs context_.
class AgentHost::Impl {
 public:
  Impl(AgentOptions options, DirLock lock, std::shared_ptr<grpc::Channel> channel, const Clock& clock)
      : options_(std::move(options)),
        lock_(std::move(lock)),
        clock_(clock),
        work_(boost::asio::make_work_guard(context_)),
        timer_(context_),
        close_timer_(context_),
        folders_(options_.dir + "/work"),
        core_(config_of(options_, chance())),
        launcher_(context_),
        channel_(std::move(channel)),
        link_(context_, channel_, link_callbacks(), Rng(chance(), "reconnect")),
        idle_since_(clock.now().since_start.count()) {}

  ~Impl() {
    if (thread_.joinable()) {
      request_stop();
      wait_stopped(options_.grace + Duration(4000));
      context_.stop();
      thread_.join();
      mark_stopped();
      gauge_thread_.join();
      spool_.reset();  // what it still tells is heard by nobody
    }
  }

  Status begin() {
    EV_RETURN_IF_ERROR(make_folders(folders_.work_dir()));
    Spool spool(options_.dir + "/spool");
    EV_ASSIGN_OR_RETURN(Spool::Content spooled, spool.load());
    for (const std::string& text : spooled.remarks) log(LogLevel::kWarning, "agent", text);
    if (options_.transfers) EV_RETURN_IF_ERROR(open_files());
    spool_.emplace(std::move(spool), [this](std::vector<SpoolWriter::Written> written) {
      boost::asio::post(context_, [this, written = std::move(written)]() mutable {
        for (SpoolWriter::Written& one : written) handle(SpoolWritten{std::move(one.attempt), std::move(one.error)});
      });
    });
    handle(Restored{std::move(spooled.ended)});
    gauge_thread_ = std::thread([this] { watch_devices(); });
    boost::asio::post(context_, [this] { link_.start(); });
    thread_ = std::thread([this] { context_.run(); });
    return absl::OkStatus();
  }

  void add_files(std::map<std::string, std::string> files) {
    boost::asio::post(context_, [this, files = std::move(files)]() mutable {
      if (files_) files_->add_local(files);
      files.merge(options_.files);
      options_.files = std::move(files);
    });
  }

  void request_stop() {
    boost::asio::post(context_, [this] { handle(StopRequested{}); });
  }

  std::optional<TimePoint> idle_since() const {
    const Duration::rep since = idle_since_;
    return since == kBusy ? std::nullopt : std::optional(TimePoint{Duration(since)});
  }

  bool wait_stopped(Duration timeout) {
    std::unique_lock lock(mutex_);
    return stopped_changed_.wait_for(lock, timeout, [this] { return stopped_; });
  }

 private:
  Status open_files() {
    EV_ASSIGN_OR_RETURN(
        files_, AgentFiles::open(
                    context_, channel_, {.dir = options_.dir, .work = folders_.work_dir()}, *options_.transfers,
                    [this](FileEvent event) { handle(std::move(event)); }, [this] { return core_.files_in_use(); }));
    files_->add_local(options_.files);
    return absl::OkStatus();
  }

  // On a thread of its own: a driver in trouble may take its time.
  void watch_devices() {
    DeviceGauge gauge(options_.devices, options_.dir, nvidia_gpus());
    std::unique_lock lock(mutex_);
    while (!stopped_) {
      lock.unlock();
      boost::asio::post(context_, [this, machine = gauge.measure()] { handle(Measured{machine}); });
      lock.lock();
      stopped_changed_.wait_for(lock, kGaugeInterval, [this] { return stopped_; });
    }
  }

  LinkCallbacks link_callbacks() {
    return {.on_connected = [this] { handle(Connected{}); },
            .on_message = [this](CoordinatorMessage message) { heard(std::move(message)); },
            .on_disconnected = [this](const std::string& why) { lost(why); }};
  }

  void heard(CoordinatorMessage message) {
    if (!reasons_told_.empty()) log(LogLevel::kInfo, "agent", "connected to the coordinator again");
    reasons_told_.clear();
    handle(std::move(message));
  }

  // Each reason is told once: after a stream that broke it is often another one for which the next is refused.
  void lost(const std::string& why) {
    const std::string line = clean_line(why, 500);
    if (reasons_told_.size() < kMostReasons && reasons_told_.insert(line).second)
      log(LogLevel::kWarning, "agent", "no connection to the coordinator, trying again: " + line);
    handle(Disconnected{});
  }

  // An effect may give rise to an event at once (a spool entry written): such events queue up behind it.
  void handle(AgentEvent event) {
    events_.push_back(std::move(event));
    if (std::exchange(handling_, true)) return;
    while (!events_.empty()) {
      const AgentEvent next = std::move(events_.front());
      events_.pop_front();
      AgentStep step = core_.handle(clock_.now(), next);
      for (AgentEffect& effect : step.effects) std::visit([this](auto& e) { run(std::move(e)); }, effect);
    }
    handling_ = false;
    if (core_.holds_nothing() != (idle_since_ != kBusy))
      idle_since_ = core_.holds_nothing() ? clock_.now().since_start.count() : kBusy;
    arm_timer();
  }

  // A timer that would ring too early is left as it is: most deadlines are put off by the next event.
  void arm_timer() {
    const std::optional<TimePoint> deadline = core_.next_deadline();
    if (!deadline || (armed_ && *armed_ <= *deadline)) return;
    armed_ = deadline;
    timer_.expires_after(std::max(Duration(0), *deadline - clock_.now()));
    timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      armed_.reset();
      handle(TimePassed{});
    });
  }

  // ---- effects

  void run(SendMessage effect) { link_.send(std::move(effect.message)); }

  void run(StartTrainer effect) {
    const TrainerId id = effect.trainer;
    TrainerCallbacks callbacks;
    callbacks.on_line = [this, id](std::string_view line) { trainer_said(id, line); };
    callbacks.on_breach = [this, id](std::string what) { handle(TrainerBroke{id, std::move(what)}); };
    if (files_) callbacks.on_errors = [this, id](std::string_view bytes) { wrote(id, bytes); };
    callbacks.on_exit = [this, id](ExitStatus exit, std::string tail) {
      trainers_.erase(id);
      tasks_.erase(id);
      handle(TrainerExited{id, exit, std::move(tail), {}});
    };
    std::map<std::string, std::string> variables;
    if (const std::string& visible = options_.devices.at(effect.device).visible; !visible.empty())
      variables["CUDA_VISIBLE_DEVICES"] = visible;
    auto process = launcher_.launch(options_.trainers.at(effect.program), variables, std::move(callbacks));
    if (process.ok())
      trainers_[id] = *std::move(process);
    else
      handle(TrainerExited{id, {}, {}, std::string(process.status().message())});
  }

  // It counts for the run that the trainer was given last.
  void wrote(TrainerId id, std::string_view bytes) {
    if (const auto task = tasks_.find(id); task != tasks_.end()) files_->wrote(task->second, bytes);
  }

  void trainer_said(TrainerId id, std::string_view line) {
    StatusOr<TrainerLine> parsed = parse_trainer_line(line);
    if (!parsed.ok()) return handle(TrainerBroke{id, std::string(parsed.status().message())});
    if (auto* finished = std::get_if<RunFinished>(&*parsed); finished != nullptr && finished->result_json.empty())
      add_result(*finished, folders_.read_result(finished->attempt.run));
    handle(TrainerSaid{id, *std::move(parsed)});
  }

  void run(GiveTask effect) {
    const AttemptId attempt = effect.lease.attempt;
    const Status ready = folders_.prepare(attempt.run, effect.make_folder);
    StatusOr<std::string> line =
        task_line(effect.lease, {.work_dir = folders_.work_dir(),
                                 .checkpoint_seconds = options_.checkpoint_seconds,
                                 .device = options_.devices.at(effect.lease.device).device.kind,
                                 .files = files_ ? files_->paths() : options_.files});
    const Status status = ready.ok() ? line.status() : ready;
    if (!status.ok())
      return handle(TaskRefused{effect.trainer,
                                attempt,
                                {FailureClass::kInfrastructure, clean_line(std::string(status.message()), 1000), {}}});
    if (files_) tasks_[effect.trainer] = attempt;
    if (const auto found = trainers_.find(effect.trainer); found != trainers_.end())
      found->second->write_line(*std::move(line));
  }

  void run(TerminateTrainer effect) {
    if (const auto found = trainers_.find(effect.trainer); found != trainers_.end()) found->second->terminate();
  }

  void run(KillTrainer effect) {
    if (const auto found = trainers_.find(effect.trainer); found != trainers_.end()) found->second->kill();
  }

  void run(SpoolEnd effect) {
    if (files_ && std::holds_alternative<Failure>(effect.end.what)) files_->keep_log(effect.end.attempt);
    spool_->write(std::move(effect.end));
    // Trainers that wait for their next task come first, and the disk takes all ends of this moment at once.
    if (!std::exchange(wake_posted_, true))
      boost::asio::post(context_, [this] {
        wake_posted_ = false;
        spool_->wake();
      });
  }

  void run(ForgetEnd effect) {
    spool_->forget(effect.attempt);
    if (files_) files_->ended(effect.attempt);
  }
  void run(RemoveRunFolder effect) {
    warn(folders_.remove(effect.run));
    if (files_) files_->ended(effect.run);
  }
  void run(FileEffect effect) {
    if (auto* fetch = std::get_if<FetchFiles>(&effect))
      files_->fetch(std::move(*fetch));
    else
      files_->upload(std::get<UploadCheckpoint>(effect));
  }
  void run(Remark effect) { log(effect.level, "agent", effect.text); }

  void run(Stopped) {
    close_timer_.expires_after(kCloseTime);
    close_timer_.async_wait([this](const boost::system::error_code& error) {
      if (!error) mark_stopped();
    });
    link_.close([this] { mark_stopped(); });
  }

  static void warn(const Status& status) {
    if (!status.ok()) log(LogLevel::kWarning, "agent", std::string(status.message()));
  }

  void mark_stopped() {
    close_timer_.cancel();
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    stopped_changed_.notify_all();
  }

  AgentOptions options_;
  DirLock lock_;
  const Clock& clock_;
  boost::asio::io_context context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
  boost::asio::steady_timer timer_, close_timer_;
  std::optional<TimePoint> armed_;  // when timer_ rings
  std::optional<SpoolWriter> spool_;
  bool wake_posted_ = false;
  RunFolders folders_;
  AgentCore core_;
  PosixLauncher launcher_;
  std::map<TrainerId, std::unique_ptr<TrainerProcess>> trainers_;
  std::deque<AgentEvent> events_;
  bool handling_ = false;
  std::set<std::string> reasons_told_;  // why the coordinator is away, since it was last heard
  std::shared_ptr<grpc::Channel> channel_;
  CoordinatorLink link_;
  std::unique_ptr<AgentFiles> files_;      // where files come from elsewhere
  std::map<TrainerId, AttemptId> tasks_;   // what trainers were given last; with files_ alone
  std::atomic<Duration::rep> idle_since_;  // as a TimePoint, or kBusy
  std::thread thread_, gauge_thread_;

  std::mutex mutex_;
  std::condition_variable stopped_changed_;
  bool stopped_ = false;
};

AgentHost::AgentHost(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
AgentHost::~AgentHost() = default;

StatusOr<std::unique_ptr<AgentHost>> AgentHost::start(AgentOptions options, std::shared_ptr<grpc::Channel> channel,
                                                      const Clock& clock) {
  if (options.devices.empty())
    options.devices = {{.device = {.kind = options.device, .slots = options.slots}, .visible = {}}};
  EV_RETURN_IF_ERROR(check(options));
  std::error_code error;
  const std::string given = std::exchange(options.dir, std::filesystem::absolute(options.dir, error).string());
  if (error || given.empty()) return absl::InvalidArgumentError("an agent needs a folder");
  EV_ASSIGN_OR_RETURN(DirLock lock, DirLock::take(options.dir));
  auto impl = std::make_unique<Impl>(std::move(options), std::move(lock), std::move(channel), clock);
  EV_RETURN_IF_ERROR(impl->begin());
  return std::unique_ptr<AgentHost>(new AgentHost(std::move(impl)));
}

void AgentHost::add_files(std::map<std::string, std::string> files) { impl_->add_files(std::move(files)); }
std::optional<TimePoint> AgentHost::idle_since() const { return impl_->idle_since(); }
void AgentHost::request_stop() { impl_->request_stop(); }
bool AgentHost::wait_stopped(Duration timeout) { return impl_->wait_stopped(timeout); }

}  // namespace evensweep
