#include "cli/top_feed.h"

#include <fmt/format.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <sstream>

#include "cli/text_table.h"
#include "cli/verb.h"
#include "cli/views_text.h"

namespace evensweep {
namespace {

constexpr size_t kMostTrials = 20'000;
constexpr size_t kMostTail = 40;  // lines
constexpr uint32_t kMostOver = 20;
constexpr Duration kEvery{1'000};
constexpr int kShareOfTime = 5;  // an answer that took a second is asked for every 5

const SweepView* find(const std::vector<SweepView>& sweeps, const std::string& id) {
  const auto found = std::ranges::find_if(sweeps, [&](const SweepView& sweep) { return sweep.id.str() == id; });
  if (found != sweeps.end()) return &*found;
  return sweeps.empty() ? nullptr : &sweeps.front();
}

// Why the first trial that is ready is not given out.
std::string queue_of(Client& client, const std::vector<TrialView>& trials) {
  const auto ready = std::ranges::find(trials, TrialState::kReady, &TrialView::state);
  if (ready == trials.end()) return "";
  const auto explained = client.explain(trial_reference(*ready));
  if (!explained.ok() || explained->explanation.lines.empty()) return "";
  std::string text;  // the first line speaks of that trial alone where there are others
  const std::vector<std::string>& lines = explained->explanation.lines;
  for (size_t i = lines.size() > 1 ? 1 : 0; i < lines.size(); ++i) text += (text.empty() ? "" : "; ") + lines[i];
  return text;
}

void add_lines(std::vector<std::string>& lines, const std::string& text, size_t most) {
  std::vector<std::string> all;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) all.push_back("  " + printable(line));
  lines.insert(lines.end(), all.end() - static_cast<std::ptrdiff_t>(std::min(most, all.size())), all.end());
}

StatusOr<TopPage> details_of(Client& client, const std::string& trial) {
  EV_ASSIGN_OR_RETURN(const Client::TrialExplained explained, client.explain(trial));
  EV_ASSIGN_OR_RETURN(const Client::TrialAttempts found, client.attempts(trial));
  TopPage page{.title = "Trial " + trial, .lines = {}};
  page.lines.push_back(printable(explained.trial.arm_name) + ": " + trial_state_name(explained.trial.state));
  for (const std::string& line : explained.explanation.lines) page.lines.push_back("  " + printable(line));
  for (const AttemptView& attempt : found.attempts) {
    page.lines.emplace_back("");
    page.lines.push_back(attempt_line(attempt, wall_clock()));
    if (attempt.failure) add_lines(page.lines, attempt.failure->stderr_tail, kMostTail);
  }
  page.lines.emplace_back("");
  page.lines.push_back("all that its trainers wrote: evensweep logs " + trial);
  return page;
}

// What is said when it is done.
StatusOr<std::string> done_of(Client& client, const TopAction& action) {
  if (action.kind == TopAction::kDrain || action.kind == TopAction::kRelease) {
    const bool drain = action.kind == TopAction::kDrain;
    EV_ASSIGN_OR_RETURN(const AgentView agent, drain ? client.drain(action.target) : client.release(action.target));
    return agent.id.str() + (drain ? " takes no more runs" : " takes runs again");
  }
  const v1::SweepAction wanted = action.kind == TopAction::kPause    ? v1::SWEEP_ACTION_PAUSE
                                 : action.kind == TopAction::kResume ? v1::SWEEP_ACTION_RESUME
                                 : action.kind == TopAction::kCancel ? v1::SWEEP_ACTION_CANCEL
                                                                     : v1::SWEEP_ACTION_RETRY_FAILED;
  EV_ASSIGN_OR_RETURN(const Client::Controlled done, client.control(action.target, wanted));
  if (action.kind == TopAction::kRetry)
    return fmt::format("{}: {} trials are tried again", printable(done.sweep.name), done.changed);
  return printable(done.sweep.name) + " is " + phase_name(done.sweep.status.phase);
}

// Those that are under way, and behind them the newest of those that are over: what failed is asked for afterwards.
StatusOr<std::vector<SweepView>> sweeps_of(Client& client) {
  EV_ASSIGN_OR_RETURN(Client::SweepsPage under_way, client.sweeps(/*over_too=*/false));
  if (under_way.sweeps.size() >= kMostOver) return std::move(under_way.sweeps);
  EV_ASSIGN_OR_RETURN(Client::SweepsPage all, client.sweeps(/*over_too=*/true, kMostOver));
  for (SweepView& sweep : all.sweeps)
    if (sweep.status.over) under_way.sweeps.push_back(std::move(sweep));
  return std::move(under_way.sweeps);
}

}  // namespace

StatusOr<TopData> ask_for_top(Client& client, const std::string& sweep, const TopData& before) {
  TopData data{.coordinator = client.connection().target(), .loaded = true};
  EV_ASSIGN_OR_RETURN(data.sweeps, sweeps_of(client));
  EV_ASSIGN_OR_RETURN(data.agents, client.agents());
  data.now = SystemClock().now();
  data.wall = wall_clock();
  for (const SweepView& view : data.sweeps) {
    const auto known = before.starts.find(view.id);
    data.starts[view.id] =
        known != before.starts.end() ? known->second : ProgressStart{.at = data.now, .done = done_of(view.status)};
  }
  const SweepView* shown = find(data.sweeps, sweep);
  if (shown == nullptr) return data;
  data.shown = shown->id;
  EV_ASSIGN_OR_RETURN(data.trials, client.trials(shown->id.str(), {}, kMostTrials));
  data.all_trials = data.trials.size() >= shown->status.trials;
  data.queue = queue_of(client, data.trials);
  return data;
}

TopFeed::TopFeed(Client client) : client_(std::move(client)), event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  data_.coordinator = client_.connection().target();
  thread_ = std::jthread([this](const std::stop_token& stop) { work(stop); });
}

TopFeed::~TopFeed() {
  thread_.request_stop();
  thread_.join();
  ::close(event_);
}

void TopFeed::show(const std::string& sweep) {
  const std::lock_guard lock(mutex_);
  if (sweep_ == sweep) return;
  sweep_ = sweep;
  asked_ = true;
  wake_.notify_one();
}

void TopFeed::act(const TopAction& action) {
  const std::lock_guard lock(mutex_);
  actions_.push_back(action);
  asked_ = true;
  wake_.notify_one();
}

std::optional<TopFeed::News> TopFeed::take() {
  const std::lock_guard lock(mutex_);
  uint64_t count = 0;
  [[maybe_unused]] const ssize_t size = ::read(event_, &count, sizeof count);
  if (!std::exchange(fresh_, false)) return std::nullopt;
  News news = news_;
  news_.page.reset();
  news_.notice.clear();
  return news;
}

// The mutex is held.
void TopFeed::publish() {
  news_.data = data_;
  fresh_ = true;
  const uint64_t one = 1;
  [[maybe_unused]] const ssize_t size = ::write(event_, &one, sizeof one);
}

void TopFeed::refresh(const std::string& sweep) {
  StatusOr<TopData> fresh = ask_for_top(client_, sweep, data_);
  if (fresh.ok()) {
    data_ = *std::move(fresh);
  } else {
    data_.trouble = printable(std::string(fresh.status().message()));
    data_.now = SystemClock().now();
    data_.wall = wall_clock();
  }
  const std::lock_guard lock(mutex_);
  publish();
}

void TopFeed::carry_out(const TopAction& action) {
  if (action.kind == TopAction::kDetails) {
    StatusOr<TopPage> page = details_of(client_, action.target);
    const std::lock_guard lock(mutex_);
    news_.page = page.ok() ? *std::move(page)
                           : TopPage{.title = "Trial " + action.target,
                                     .lines = {printable(std::string(page.status().message()))}};
    publish();
    return;
  }
  const StatusOr<std::string> done = done_of(client_, action);
  const std::lock_guard lock(mutex_);
  news_.notice = done.ok() ? *done : printable(std::string(done.status().message()));
  publish();
}

void TopFeed::work(const std::stop_token& stop) {
  const SystemClock clock;
  Duration pause{0};
  while (!stop.stop_requested()) {
    std::vector<TopAction> actions;
    std::string sweep;
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, stop, pause, [this] { return asked_; });
      if (stop.stop_requested()) return;
      asked_ = false;
      actions.swap(actions_);
      sweep = sweep_;
    }
    for (const TopAction& action : actions) carry_out(action);
    const TimePoint begin = clock.now();
    refresh(sweep);
    pause = std::max(kEvery, kShareOfTime * (clock.now() - begin));
  }
}

}  // namespace evensweep
