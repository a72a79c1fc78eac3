#include "coordinator/http/pages/site.h"

#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/model/expand.h"
#include "coordinator/host/request_checks.h"
#include "coordinator/http/pages/assets.h"
#include "coordinator/http/pages/gather.h"
#include "coordinator/http/pages/overview.h"
#include "coordinator/http/pages/sweep.h"

namespace evensweep::coordinator {
namespace {

constexpr const char* kSweep = "/sweeps/{sweep}";
constexpr const char* kTrial = "/trials/{sweep}/{arm}/{seed}";

HttpResponse page(std::string body) { return {.body = std::move(body)}; }

class Site {
 public:
  Site(Router& router, const WebParts& parts, Gather gather)
      : router_(router), parts_(parts), gather_(std::move(gather)) {}

  void add_all() {
    add_everything_here();
    add_sweep();
    add_sweep_lists();
    add_sweep_actions();
    add_trial();
    add_agents();
    add_login_and_assets();
  }

 private:
  static Seat seat_of(const HttpRequest& request, const WebParts& parts) {
    return {
        .visitor = request.visitor, .can_sign_out = !request.session.empty(), .unix_millis = parts.clock.unix_millis()};
  }

  // Answers with the page that `make` makes of what was gathered: it is written where that was, and handed over to the
  // HTTP thread.
  template <typename Facts, typename Make>
  static Done<Facts> show(const WebParts& parts, const HttpRequest& request, const Respond& respond, Make make) {
    return [mailbox = parts.mailbox, respond, seat = seat_of(request, parts), make](const StatusOr<Facts>& facts) {
      HttpResponse response = facts.ok() ? page(make(*facts, seat)) : error_response(facts.status());
      mailbox->post([respond, response = std::move(response)] { respond(response); });
    };
  }

  // A topic of live parts. What is shown depends on what the viewer may do, and on nothing else about them.
  template <typename Facts, typename Ask, typename Title, typename Parts>
  static HttpResponse feed(const WebParts& parts, const HttpRequest& request, std::optional<SweepId> sweep,
                           const std::string& what, Ask ask, Title title, Parts make) {
    Topic topic{.key = "page " + what + " " + right_name(request.visitor.right), .sweep = std::move(sweep)};
    const Seat viewer{.visitor = {.name = "", .right = request.visitor.right}};
    topic.build = [ask, title, make, viewer](std::function<void(StatusOr<std::string>)> done) {
      ask(Done<Facts>([done = std::move(done), title, make, viewer](const StatusOr<Facts>& facts) {
        if (!facts.ok()) return done(facts.status());
        done(event_text("page", live_event(title(*facts), make(*facts, viewer))));
      }));
    };
    return {.events = [&feeds = parts.feeds, topic = std::move(topic), last = request.last_event_id] {
      return feeds.open(topic, last);
    }};
  }

  void add_everything_here() {
    router_.get("/", Right::kRead,
                [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
                  gather.overview(show<OverviewFacts>(parts, request, respond, overview_page));
                });
    router_.get("/live", Right::kRead,
                [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
                  respond(feed<OverviewFacts>(
                      parts, request, std::nullopt, "overview",
                      [gather](Done<OverviewFacts> done) { gather.overview(std::move(done)); }, overview_title,
                      overview_parts));
                });
    router_.get("/queue", Right::kRead,
                [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
                  gather.queue(show<std::vector<QueuedSweep>>(parts, request, respond, queue_page));
                });
    router_.get("/queue/live", Right::kRead,
                [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
                  respond(feed<std::vector<QueuedSweep>>(
                      parts, request, std::nullopt, "queue",
                      [gather](Done<std::vector<QueuedSweep>> done) { gather.queue(std::move(done)); },
                      [](const std::vector<QueuedSweep>&) { return std::string("Queue"); }, queue_parts));
                });
    router_.get("/audit", Right::kRead,
                [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
                  const StatusOr<std::optional<uint64_t>> before = request.query.number("before", INT64_MAX);
                  if (!before.ok()) return respond(error_response(before.status()));
                  gather.audit(before->has_value() ? std::optional(static_cast<int64_t>(**before)) : std::nullopt,
                               show<std::vector<AuditRow>>(parts, request, respond, audit_page));
                });
  }

  // Hands on the sweep's reference, or answers what is wrong with it.
  static std::optional<std::string> sweep_of(const HttpRequest& request, const Respond& respond) {
    StatusOr<std::string> sweep = reference_of(request.route.text("sweep"), "sweep");
    if (sweep.ok()) return *std::move(sweep);
    respond(error_response(sweep.status()));
    return std::nullopt;
  }
  static std::optional<std::string> trial_of(const HttpRequest& request, const Respond& respond) {
    const HttpValues& route = request.route;
    StatusOr<std::string> trial =
        reference_of(route.text("sweep") + "/" + route.text("arm") + "/" + route.text("seed"), "trial");
    if (trial.ok()) return *std::move(trial);
    respond(error_response(trial.status()));
    return std::nullopt;
  }
  static std::optional<uint64_t> from_of(const HttpRequest& request, const Respond& respond) {
    const StatusOr<std::optional<uint64_t>> from = request.query.number("from", UINT32_MAX);
    if (from.ok()) return from->value_or(0);
    respond(error_response(from.status()));
    return std::nullopt;
  }

  void add_sweep() {
    router_.get(kSweep, Right::kRead,
                [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
                  const std::optional<std::string> sweep = sweep_of(request, respond);
                  const std::optional<uint64_t> from = sweep ? from_of(request, respond) : std::nullopt;
                  if (from) gather.sweep(*sweep, *from, show<SweepFacts>(parts, request, respond, sweep_page));
                });
    router_.get(
        std::string(kSweep) + "/live", Right::kRead,
        [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
          const std::optional<std::string> sweep = sweep_of(request, respond);
          const std::optional<uint64_t> from = sweep ? from_of(request, respond) : std::nullopt;
          if (!from) return;
          parts.control.sweep(*sweep, answer_with<SweepView>(parts.mailbox, respond, [=](const SweepView& view) {
            const std::string id = view.id.str();
            return feed<SweepFacts>(
                parts, request, view.id, "sweep " + id + " " + std::to_string(*from),
                [gather, id, from = *from](Done<SweepFacts> done) { gather.sweep(id, from, std::move(done)); },
                sweep_title, sweep_parts);
          }));
        });
  }

  void add_sweep_lists() {
    router_.get(std::string(kSweep) + "/failures", Right::kRead,
                [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
                  if (const auto sweep = sweep_of(request, respond))
                    gather.failures(*sweep, show<FailuresFacts>(parts, request, respond, failures_page));
                });
    router_.get(std::string(kSweep) + "/timeline", Right::kRead,
                [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
                  if (const auto sweep = sweep_of(request, respond))
                    gather.timeline(*sweep, show<TimelineFacts>(parts, request, respond, timeline_page));
                });
    router_.get(std::string(kSweep) + "/trials", Right::kRead,
                [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
                  const std::optional<std::string> sweep = sweep_of(request, respond);
                  const std::optional<uint64_t> from = sweep ? from_of(request, respond) : std::nullopt;
                  if (!from) return;
                  const std::string name = request.query.text("state");
                  const std::optional<TrialState> state = parse_trial_state(name);
                  if (!name.empty() && !state)
                    return respond(error_response(
                        absl::InvalidArgumentError("there is no state " + in_quotes(name) + " of trials")));
                  gather.trials(*sweep, *from, state, show<TrialsFacts>(parts, request, respond, trials_page));
                });
  }

  void add_sweep_actions() {
    for (const SweepAction action : {SweepAction::kPause, SweepAction::kResume, SweepAction::kStop,
                                     SweepAction::kCancel, SweepAction::kRetryFailed}) {
      const std::string path = std::string(kSweep) + "/" + sweep_action_name(action);
      router_.post(path, Right::kSubmit, [parts = parts_, action](const HttpRequest& request, const Respond& respond) {
        const std::optional<std::string> sweep = sweep_of(request, respond);
        if (!sweep) return;
        if (const Status known = check_request_id(request.request_id); !known.ok())
          return respond(error_response(known));
        parts.control.control(
            SweepControl{.request = request.request_id, .sweep = *sweep, .action = action, .who = request.visitor.name},
            answer_with<Controlled>(parts.mailbox, respond,
                                    [](const Controlled& done) { return redirect(sweep_path(done.sweep.id)); }));
      });
      if (action != SweepAction::kStop && action != SweepAction::kCancel) continue;
      router_.get(path, Right::kSubmit, [parts = parts_, action](const HttpRequest& request, const Respond& respond) {
        const std::optional<std::string> sweep = sweep_of(request, respond);
        if (!sweep) return;
        const Seat seat = seat_of(request, parts);
        parts.control.sweep(*sweep, answer_with<SweepView>(parts.mailbox, respond, [=](const SweepView& view) {
          return page(ask_whether(view, action, seat));
        }));
      });
    }
  }

  static std::string ask_whether(const SweepView& view, SweepAction action, const Seat& seat) {
    const bool cancel = action == SweepAction::kCancel;
    const std::string path = sweep_path(view.id);
    return confirm_page((cancel ? "Cancel " : "Stop ") + view.name + "?",
                        cancel ? "What it trains now is killed, and nothing more of it is trained. What has finished "
                                 "is kept; it can be resumed."
                               : "What it trains now goes on to its end, and nothing more of it is trained. It can be "
                                 "resumed.",
                        path + "/" + sweep_action_name(action), cancel ? "Cancel the sweep" : "Stop the sweep", path,
                        seat);
  }

  void add_trial() {
    router_.get(kTrial, Right::kRead,
                [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
                  if (const auto trial = trial_of(request, respond))
                    gather.trial(*trial, true, show<TrialFacts>(parts, request, respond, trial_page));
                });
    router_.get(
        std::string(kTrial) + "/live", Right::kRead,
        [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
          const std::optional<std::string> trial = trial_of(request, respond);
          if (!trial) return;
          parts.control.explain(
              *trial, answer_with<TrialExplained>(parts.mailbox, respond, [=](const TrialExplained& found) {
                return feed<TrialFacts>(
                    parts, request, found.trial.sweep, "trial " + trial_reference(found.trial),
                    [gather, trial = *trial](Done<TrialFacts> done) { gather.trial(trial, false, std::move(done)); },
                    trial_title, trial_parts);
              }));
        });
  }

  void add_agents() {
    router_.get("/agents", Right::kRead,
                [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
                  gather.agents(show<AgentsFacts>(parts, request, respond, agents_page));
                });
    router_.get(
        "/agents/live", Right::kRead,
        [parts = parts_, gather = gather_](const HttpRequest& request, const Respond& respond) {
          respond(feed<AgentsFacts>(
              parts, request, std::nullopt, "agents",
              [gather](Done<AgentsFacts> done) { gather.agents(std::move(done)); },
              [](const AgentsFacts& facts) { return std::to_string(facts.agents.size()) + " agents"; }, agents_parts));
        });
    for (const AgentAction action : {AgentAction::kDrain, AgentAction::kRelease}) {
      const std::string path = std::string("/agents/{agent}/") + (action == AgentAction::kDrain ? "drain" : "release");
      router_.post(path, Right::kAdmin, [parts = parts_, action](const HttpRequest& request, const Respond& respond) {
        const StatusOr<std::string> agent = reference_of(request.route.text("agent"), "agent");
        if (!agent.ok()) return respond(error_response(agent.status()));
        if (const Status known = check_request_id(request.request_id); !known.ok())
          return respond(error_response(known));
        parts.control.control(
            AgentControl{.request = request.request_id, .agent = *agent, .action = action, .who = request.visitor.name},
            answer_with<AgentView>(parts.mailbox, respond, [](const AgentView&) { return redirect("/agents"); }));
      });
    }
  }

  void add_login_and_assets() {
    router_.get("/login", Right::kNone, [parts = parts_](const HttpRequest& request, const Respond& respond) {
      respond(page(login_page(local_path(request.query.text("to")), request.query.find("wrong") != nullptr,
                              seat_of(request, parts))));
    });
    for (const Asset& asset : assets())
      router_.get("/assets/" + asset.name, Right::kNone, [&asset](const HttpRequest&, const Respond& respond) {
        respond({.type = asset.type, .body = asset.content, .cache_control = "no-cache"});
      });
  }

  Router& router_;
  const WebParts parts_;
  const Gather gather_;
};

}  // namespace

void add_pages(Router& router, const WebParts& parts, const std::shared_ptr<Desk>& desk) {
  Site(router, parts, Gather(parts.control, parts.clock, desk)).add_all();
}

}  // namespace evensweep::coordinator
