#include "cli/logs.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include "cli/exit_code.h"
#include "cli/terminal.h"
#include "cli/text_table.h"
#include "cli/verb.h"
#include "cli/views_text.h"
#include "common/model/views_json.h"
#include "common/transfer/file_transfer.h"

namespace evensweep {
namespace {

constexpr uint64_t kMostLog = 16 << 20;  // of one attempt; its end counts
constexpr size_t kMostTrials = 20;       // of a sweep
constexpr size_t kMostFollowed = 64;     // of a sweep, at a time
constexpr Duration kNextAttempt{500};

struct LogsOptions {
  VerbOptions verb;
  std::string reference;
  bool follow = false;
};

struct ExplainOptions {
  VerbOptions verb;
  std::string trial;
};

// What an attempt wrote: all of it where it is stored, else its end.
struct LoggedAttempt {
  AttemptView attempt;
  std::string text;
};
struct LoggedTrial {
  TrialView trial;
  std::vector<LoggedAttempt> attempts;
};

bool is_open(const AttemptView& attempt) { return !attempt.ended_at && !attempt.failure; }

StatusOr<std::string> text_of(Client& client, const std::string& trial, const AttemptView& attempt) {
  if (attempt.log) {
    FileTransfer transfer(client.connection().channel(), {.most_failures = 3});
    StatusOr<std::string> stored = transfer.read_end(attempt.log->sha256, kMostLog);
    if (stored.ok()) return stored;
    // It may have been cleared away meanwhile; the end that came with the failure is not.
  }
  if (!is_open(attempt)) return attempt.failure ? attempt.failure->stderr_tail : std::string();
  std::string text;
  const Status status = client.log(trial, /*follow=*/false, [&](const std::string& piece) {
    text += piece;
    return true;
  });
  if (!status.ok() && !absl::IsNotFound(status) && !absl::IsFailedPrecondition(status)) return status;
  return text;
}

StatusOr<LoggedTrial> logged(Client& client, const std::string& trial, bool open_too) {
  EV_ASSIGN_OR_RETURN(Client::TrialAttempts found, client.attempts(trial));
  LoggedTrial log{.trial = std::move(found.trial), .attempts = {}};
  for (AttemptView& attempt : found.attempts) {
    if (!open_too && is_open(attempt)) continue;
    EV_ASSIGN_OR_RETURN(std::string text, text_of(client, trial, attempt));
    log.attempts.push_back({.attempt = std::move(attempt), .text = std::move(text)});
  }
  return log;
}

// What trainers write goes to a terminal without what would move its cursor or change its colours.
std::string lines_of(const std::string& text) {
  std::string lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    lines += printable(std::string_view(text).substr(at, end - at)) + "\n";
    at = end + 1;
  }
  return lines;
}

std::string marked(const std::string& text, const std::string& mark) {
  std::string lines = mark + lines_of(text);
  for (size_t at = lines.find('\n'); at + 1 < lines.size(); at = lines.find('\n', at + 1)) lines.insert(at + 1, mark);
  return lines;
}

std::string text_of(const LoggedTrial& log, int64_t now) {
  std::string text = fmt::format("== {} {}: {}\n", trial_reference(log.trial), printable(log.trial.arm_name),
                                 trial_state_name(log.trial.state));
  if (log.attempts.empty()) text += "no attempt yet\n";
  for (const LoggedAttempt& logged : log.attempts) {
    text += "-- " + attempt_line(logged.attempt, now) + "\n" + lines_of(logged.text);
  }
  return text;
}

Json json_of_log(const LoggedTrial& log) {
  Json attempts = Json::array();
  for (const LoggedAttempt& logged : log.attempts) {
    Json entry = json_of(logged.attempt);
    entry["text"] = logged.text;
    attempts.push_back(std::move(entry));
  }
  return {{"trial", json_of(log.trial)}, {"attempts", std::move(attempts)}};
}

StatusOr<int> tell(const LogsOptions& options, const std::vector<LoggedTrial>& logs) {
  Json list = Json::array();
  std::string text, raw;
  for (const LoggedTrial& log : logs) {
    list.push_back(json_of_log(log));
    text += text_of(log, wall_clock());
    for (const LoggedAttempt& logged : log.attempts) raw += logged.text;
  }
  EV_RETURN_IF_ERROR(show(
      options.verb,
      [&] {
        return cli_json("logs", {{"trials", list}});
      },
      raw, [&](size_t) { return text; }));
  return kOk;
}

StatusOr<int> sweep_logs(const LogsOptions& options, Client& client) {
  EV_ASSIGN_OR_RETURN(const std::vector<TrialView> trials,
                      client.trials(options.reference, {TrialState::kFailed, TrialState::kRunning}, kMostTrials + 1));
  std::vector<LoggedTrial> logs;
  for (size_t i = 0; i < std::min(trials.size(), kMostTrials); ++i) {
    EV_ASSIGN_OR_RETURN(LoggedTrial log, logged(client, trial_reference(trials[i]), /*open_too=*/true));
    logs.push_back(std::move(log));
  }
  EV_ASSIGN_OR_RETURN(const int code, tell(options, logs));
  if (options.verb.output != "table") return code;
  if (trials.size() > kMostTrials)
    say("there are further ones: " + next_command(options.verb, "ls " + options.reference + " --state failed"));
  if (trials.empty()) say("no trial of it has failed or is running; name a trial, as in " + options.reference + "/0/1");
  return code;
}

bool will_run(TrialState state) {
  return state != TrialState::kFinished && state != TrialState::kFailed && state != TrialState::kNotNeeded &&
         state != TrialState::kCancelled;
}

// What the running attempt writes as it comes; that it ended, or the coordinator was away, is for the caller to see.
Status follow_attempt(Client& client, const std::string& trial, const std::function<Status(const std::string&)>& tell) {
  Status told;
  const Status status = client.log(trial, /*follow=*/true, [&](const std::string& piece) {
    told = tell(piece);
    return told.ok();
  });
  EV_RETURN_IF_ERROR(told);
  return absl::IsUnavailable(status) || absl::IsFailedPrecondition(status) ? absl::OkStatus() : status;
}

// What earlier attempts wrote, then what each one writes that runs, until the trial has ended.
StatusOr<int> follow_trial(const LogsOptions& options, Client& client) {
  EV_ASSIGN_OR_RETURN(const LoggedTrial before, logged(client, options.reference, /*open_too=*/false));
  EV_RETURN_IF_ERROR(print(text_of(before, wall_clock())));
  uint32_t told = before.attempts.empty() ? 0 : before.attempts.back().attempt.number;
  while (true) {
    bool followed = false;
    EV_ASSIGN_OR_RETURN(const Client::TrialAttempts now, client.attempts(options.reference));
    for (const AttemptView& attempt : now.attempts) {
      if (attempt.number <= told) continue;
      EV_RETURN_IF_ERROR(print("-- " + attempt_line(attempt, wall_clock()) + "\n"));
      told = attempt.number;
      followed = is_open(attempt);
      if (followed) {
        EV_RETURN_IF_ERROR(
            follow_attempt(client, options.reference, [](const std::string& piece) { return print(lines_of(piece)); }));
      } else {
        EV_ASSIGN_OR_RETURN(const std::string text, text_of(client, options.reference, attempt));
        if (!text.empty()) EV_RETURN_IF_ERROR(print(lines_of(text)));
      }
    }
    if (followed) continue;
    if (!will_run(now.trial.state)) {
      say(fmt::format("{} is {}", trial_reference(now.trial), trial_state_name(now.trial.state)));
      return now.trial.state == TrialState::kFinished ? kOk : kIncomplete;
    }
    std::this_thread::sleep_for(kNextAttempt);
  }
}

// What all trials write that run, each line behind its trial: "[2/17] epoch 3".
StatusOr<int> follow_sweep(const LogsOptions& options, Client& client) {
  std::mutex printing;
  std::map<std::string, std::jthread> readers;  // by the trial and its attempt
  while (true) {
    EV_ASSIGN_OR_RETURN(const SweepView sweep, client.sweep(options.reference));
    EV_ASSIGN_OR_RETURN(const std::vector<TrialView> running,
                        client.trials(sweep.id.str(), {TrialState::kRunning}, kMostFollowed));
    for (const TrialView& trial : running) {
      const std::string reference = trial_reference(trial);
      std::jthread& reader = readers[reference + " " + std::to_string(trial.attempts)];
      if (reader.joinable()) continue;
      const std::string mark = fmt::format("[{}/{}] ", trial.arm, trial.seed);
      reader = std::jthread([&client, &printing, reference, mark] {
        const Status status = follow_attempt(client, reference, [&](const std::string& piece) {
          const std::lock_guard lock(printing);
          return print(marked(piece, mark));
        });
        if (!status.ok()) say(std::string(status.message()));
      });
    }
    if (sweep.status.over) return kOk;
    std::this_thread::sleep_for(kNextAttempt);
  }
}

StatusOr<int> logs(const LogsOptions& options) {
  const bool is_trial = options.reference.find('/') != std::string::npos;
  if (options.follow && options.verb.json())
    return absl::InvalidArgumentError("-f has no end that a JSON document could have; leave one of both out");
  EV_ASSIGN_OR_RETURN(
      Client client, options.follow ? Client::connect(options.verb.connection, kLongPatience) : options.verb.connect());
  if (options.follow) return is_trial ? follow_trial(options, client) : follow_sweep(options, client);
  if (!is_trial) return sweep_logs(options, client);
  EV_ASSIGN_OR_RETURN(LoggedTrial log, logged(client, options.reference, /*open_too=*/true));
  return tell(options, {std::move(log)});
}

StatusOr<int> explain(const ExplainOptions& options) {
  EV_ASSIGN_OR_RETURN(Client client, options.verb.connect());
  EV_ASSIGN_OR_RETURN(const Client::TrialExplained explained, client.explain(options.trial));
  EV_RETURN_IF_ERROR(show(
      options.verb,
      [&] {
        return cli_json("explanation", {{"trial", json_of(explained.trial)}, {"lines", explained.explanation.lines}});
      },
      trial_state_name(explained.trial.state),
      [&](size_t) {
        std::string text = fmt::format("{} {}: {}\n", trial_reference(explained.trial),
                                       printable(explained.trial.arm_name), trial_state_name(explained.trial.state));
        for (const std::string& line : explained.explanation.lines) text += "  " + printable(line) + "\n";
        return text;
      }));
  return kOk;
}

}  // namespace

void add_logs(CLI::App& app, int& exit_code) {
  auto options = std::make_shared<LogsOptions>();
  CLI::App* verb = app.add_subcommand("logs", "Show what the trainers of a trial wrote, attempt by attempt");
  verb->footer(
      "Examples:\n  evensweep logs digits/2/17\n  evensweep logs -f digits/0/3\n"
      "  evensweep logs digits      trials that failed or run\n"
      "  evensweep logs -f digits   what all trials write that run, until the sweep is over\n"
      "With -o quiet it is what they wrote and nothing else, byte by byte.");
  verb->add_option("trial", options->reference, "SWEEP/ARM/SEED, or a sweep for those of it that failed or run")
      ->required();
  verb->add_flag("-f,--follow", options->follow, "Go on with what comes, until the trial or sweep has ended");
  add_verb_options(*verb, options->verb);
  run_verb(*verb, exit_code, [options] { return logs(*options); });

  auto explaining = std::make_shared<ExplainOptions>();
  CLI::App* explain_verb = app.add_subcommand("explain", "Say why a trial waits, or what became of it");
  explain_verb->footer("Example:\n  evensweep explain digits/2/17");
  explain_verb->add_option("trial", explaining->trial, "SWEEP/ARM/SEED")->required();
  add_verb_options(*explain_verb, explaining->verb);
  run_verb(*explain_verb, exit_code, [explaining] { return explain(*explaining); });
}

}  // namespace evensweep
