#include "coordinator/http/api.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/model/json.h"
#include "common/model/views_json.h"
#include "coordinator/host/request_checks.h"
#include "coordinator/http/log_stream.h"
#include "coordinator/http/openapi.h"

namespace evensweep::coordinator {
namespace {

const std::string kBase = "/api/v1";

HttpResponse document(const std::string& kind, Json members) {
  return {.type = "application/json", .body = cli_json(kind, std::move(members))};
}

std::string sweep_of(const HttpRequest& request) { return request.route.text("sweep"); }
std::string trial_of(const HttpRequest& request) {
  return sweep_of(request) + "/" + request.route.text("arm") + "/" + request.route.text("seed");
}

// ---- What is asked, checked ----

StatusOr<SweepsQuery> sweeps_query(const HttpRequest& request) {
  SweepsQuery query{.over_too = request.query.text("all") == "true", .limit = kMostSweeps};
  EV_ASSIGN_OR_RETURN(const std::optional<uint64_t> limit, request.query.number("limit", kMostSweeps));
  if (limit && *limit > 0) query.limit = static_cast<uint32_t>(*limit);
  return query;
}

StatusOr<TrialsQuery> trials_query(const HttpRequest& request) {
  TrialsQuery query{.limit = kUsualTrials};
  EV_ASSIGN_OR_RETURN(query.sweep, reference_of(sweep_of(request), "sweep"));
  EV_ASSIGN_OR_RETURN(const std::optional<uint64_t> from, request.query.number("from"));
  EV_ASSIGN_OR_RETURN(const std::optional<uint64_t> limit, request.query.number("limit", kMostTrials));
  query.from = from.value_or(0);
  if (limit && *limit > 0) query.limit = static_cast<uint32_t>(*limit);
  for (const std::string& name : request.query.all("state")) {
    const std::optional<TrialState> state = parse_trial_state(name);
    if (!state) return absl::InvalidArgumentError("there is no state " + in_quotes(name) + " of trials");
    if (std::ranges::find(query.states, *state) == query.states.end()) query.states.push_back(*state);
  }
  return query;
}

StatusOr<std::string> text_member(const Json& json, const char* name) {
  if (!json.contains(name) || json[name].is_null()) return std::string();
  if (!json[name].is_string()) return absl::InvalidArgumentError(std::string(name) + " is no text");
  return json[name].get<std::string>();
}

StatusOr<Submission> submission(const HttpRequest& request) {
  const Json json = Json::parse(request.body, nullptr, false);
  if (!json.is_object() || !json.contains("sweep"))
    return absl::InvalidArgumentError(
        R"(the body is no JSON object with a sweep: {"sweep": {...}, "file_text": "..."})");
  for (const auto& [name, value] : json.items())
    if (name != "sweep" && name != "file_text" && name != "overrides" && name != "extends")
      return absl::InvalidArgumentError("the body has a member " + in_quotes(name) +
                                        "; it may have sweep, file_text, overrides and extends");
  EV_RETURN_IF_ERROR(check_request_id(request.request_id));
  Submission submission{.request = request.request_id, .who = request.visitor.name};
  EV_ASSIGN_OR_RETURN(submission.sweep,
                      parse_sweep(json["sweep"].dump(-1, ' ', false, Json::error_handler_t::replace)));
  EV_ASSIGN_OR_RETURN(submission.file.text, text_member(json, "file_text"));
  EV_ASSIGN_OR_RETURN(const std::string extends, text_member(json, "extends"));
  const Json overrides = json.value("overrides", Json::array());
  const auto is_text = [](const Json& one) { return one.is_string(); };
  if (!overrides.is_array() || !std::ranges::all_of(overrides, is_text))
    return absl::InvalidArgumentError("overrides is no list of texts");
  submission.file.overrides = overrides.get<std::vector<std::string>>();
  EV_RETURN_IF_ERROR(check_sweep_file(submission.file));
  EV_RETURN_IF_ERROR(check_extends(extends));
  submission.extends = SweepId(extends);
  return submission;
}

// ---- The routes ----

class Api {
 public:
  Api(Router& router, const WebParts& parts) : router_(router), parts_(parts) {}

  void add_all() {
    add_sweeps();
    add_submit();
    add_sweep_actions();
    add_trials();
    add_agents();
    add_events();
    router_.get(kBase + "/openapi.json", Right::kNone, [](const HttpRequest&, const Respond& respond) {
      respond({.type = "application/json", .body = std::string(openapi_text())});
    });
  }

 private:
  template <typename T, typename Make>
  static Control::Reply<T> reply(const WebParts& parts, const Respond& respond, Make make) {
    return answer_with<T>(parts.mailbox, respond, std::move(make));
  }

  // A route that asks `ask(request, checked, respond)` where `check(request)` finds nothing wrong.
  template <typename Check, typename Ask>
  static Handler checked(Check check, Ask ask) {
    return [check = std::move(check), ask = std::move(ask)](const HttpRequest& request, const Respond& respond) {
      auto value = check(request);
      if (!value.ok()) return respond(error_response(value.status()));
      ask(*std::move(value), request, respond);
    };
  }
  static StatusOr<std::string> checked_sweep(const HttpRequest& request) {
    return reference_of(sweep_of(request), "sweep");
  }
  static StatusOr<std::string> checked_trial(const HttpRequest& request) {
    return reference_of(trial_of(request), "trial");
  }

  void add_sweeps() {
    router_.get(kBase + "/sweeps", Right::kRead,
                checked(sweeps_query, [parts = parts_](SweepsQuery query, const HttpRequest&, const Respond& respond) {
                  parts.control.sweeps(
                      query, reply<SweepsPage>(parts, respond, [](const SweepsPage& page) {
                        return document("sweeps", {{"sweeps", json_list(page.sweeps)}, {"more", page.more}});
                      }));
                }));
    router_.get(kBase + "/sweeps/{sweep}", Right::kRead,
                checked(checked_sweep, [parts = parts_](std::string sweep, const HttpRequest&, const Respond& respond) {
                  parts.control.sweep(std::move(sweep), reply<SweepView>(parts, respond, [](const SweepView& view) {
                                        return document("status", {{"sweep", json_of(view)}});
                                      }));
                }));
    router_.get(kBase + "/sweeps/{sweep}/definition", Right::kRead,
                checked(checked_sweep, [parts = parts_](std::string sweep, const HttpRequest&, const Respond& respond) {
                  parts.control.definition(
                      std::move(sweep), reply<SweepDefinition>(parts, respond, [](const SweepDefinition& definition) {
                        return document("definition", {{"sweep", to_json(definition.sweep)},
                                                       {"file_text", definition.file.text},
                                                       {"overrides", definition.file.overrides}});
                      }));
                }));
    router_.get(kBase + "/sweeps/{sweep}/trials", Right::kRead,
                checked(trials_query, [parts = parts_](TrialsQuery query, const HttpRequest&, const Respond& respond) {
                  parts.control.trials(std::move(query), reply<TrialsPage>(parts, respond, [](const TrialsPage& page) {
                                         return document("trials", {{"trials", json_list(page.trials)},
                                                                    {"next", page.next ? Json(*page.next) : Json()}});
                                       }));
                }));
  }

  void add_submit() {
    const auto ask = [parts = parts_](Submission submission, const HttpRequest&, const Respond& respond) {
      parts.control.submit(std::move(submission), [parts, respond](const StatusOr<Submitted>& submitted) {
        if (!submitted.ok()) return respond(error_response(submitted.status()));
        parts.control.sweep(submitted->id.str(),
                            reply<SweepView>(parts, respond, [known = submitted->known](const SweepView& view) {
                              return document("submitted", {{"sweep", json_of(view)}, {"known", known}});
                            }));
      });
    };
    router_.post(kBase + "/sweeps", Right::kSubmit, checked(submission, ask));
  }

  void add_sweep_actions() {
    constexpr std::pair<const char*, SweepAction> kActions[] = {{"pause", SweepAction::kPause},
                                                                {"resume", SweepAction::kResume},
                                                                {"stop", SweepAction::kStop},
                                                                {"cancel", SweepAction::kCancel},
                                                                {"retry", SweepAction::kRetryFailed}};
    for (const auto& [name, action] : kActions) {
      const auto check = [action = action](const HttpRequest& request) -> StatusOr<SweepControl> {
        EV_RETURN_IF_ERROR(check_request_id(request.request_id));
        EV_ASSIGN_OR_RETURN(std::string sweep, checked_sweep(request));
        return SweepControl{
            .request = request.request_id, .sweep = std::move(sweep), .action = action, .who = request.visitor.name};
      };
      const auto ask = [parts = parts_](SweepControl control, const HttpRequest&, const Respond& respond) {
        parts.control.control(std::move(control), reply<Controlled>(parts, respond, [](const Controlled& done) {
                                Json entry = json_of(done.sweep);
                                entry["changed"] = done.changed;
                                return document("controlled", {{"sweeps", Json::array({std::move(entry)})}});
                              }));
      };
      router_.post(kBase + "/sweeps/{sweep}/" + name, Right::kSubmit, checked(check, ask));
    }
  }

  void add_trials() {
    const std::string trial = kBase + "/trials/{sweep}/{arm}/{seed}";
    router_.get(
        trial, Right::kRead,
        checked(checked_trial, [parts = parts_](std::string name, const HttpRequest&, const Respond& respond) {
          parts.control.attempts(
              std::move(name), reply<TrialAttempts>(parts, respond, [](const TrialAttempts& found) {
                return document("attempts", {{"trial", json_of(found.trial)}, {"attempts", json_list(found.attempts)}});
              }));
        }));
    router_.get(trial + "/explanation", Right::kRead,
                checked(checked_trial, [parts = parts_](std::string name, const HttpRequest&, const Respond& respond) {
                  parts.control.explain(
                      std::move(name), reply<TrialExplained>(parts, respond, [](const TrialExplained& explained) {
                        return document("explanation",
                                        {{"trial", json_of(explained.trial)}, {"lines", explained.explanation.lines}});
                      }));
                }));
    router_.get(kBase + "/runs/{run}/result", Right::kRead,
                checked([](const HttpRequest& request) { return run_key_of(request.route.text("run")); },
                        [parts = parts_](const RunKey& run, const HttpRequest&, const Respond& respond) {
                          parts.control.result(
                              run, reply<RunResult>(parts, respond, [run](const RunResult& result) {
                                return document("result", {{"run", run.str()}, {"result", to_json(result)}});
                              }));
                        }));
  }

  void add_agents() {
    router_.get(kBase + "/agents", Right::kRead, [parts = parts_](const HttpRequest&, const Respond& respond) {
      parts.control.agents(reply<std::vector<AgentView>>(parts, respond, [](const std::vector<AgentView>& agents) {
        return document("agents", {{"agents", json_list(agents)}});
      }));
    });
    constexpr std::pair<const char*, AgentAction> kActions[] = {{"drain", AgentAction::kDrain},
                                                                {"release", AgentAction::kRelease}};
    for (const auto& [name, action] : kActions) {
      const auto check = [action = action](const HttpRequest& request) -> StatusOr<AgentControl> {
        EV_RETURN_IF_ERROR(check_request_id(request.request_id));
        EV_ASSIGN_OR_RETURN(std::string agent, reference_of(request.route.text("agent"), "agent"));
        return AgentControl{
            .request = request.request_id, .agent = std::move(agent), .action = action, .who = request.visitor.name};
      };
      const auto ask = [parts = parts_](AgentControl control, const HttpRequest&, const Respond& respond) {
        parts.control.control(std::move(control), reply<AgentView>(parts, respond, [](const AgentView& agent) {
                                return document("agent", {{"agent", json_of(agent)}});
                              }));
      };
      router_.post(kBase + "/agents/{agent}/" + name, Right::kAdmin, checked(check, ask));
    }
  }

  void add_events() {
    router_.get(kBase + "/events", Right::kRead, [parts = parts_](const HttpRequest& request, const Respond& respond) {
      respond({.events = [parts, last = request.last_event_id] { return parts.feeds.open(overview(parts), last); }});
    });
    router_.get(
        kBase + "/sweeps/{sweep}/events", Right::kRead,
        checked(checked_sweep, [parts = parts_](std::string sweep, const HttpRequest& request, const Respond& respond) {
          parts.control.sweep(
              std::move(sweep),
              reply<SweepView>(parts, respond, [parts, last = request.last_event_id](const SweepView& view) {
                return HttpResponse{
                    .events = [parts, last, id = view.id] { return parts.feeds.open(of_sweep(parts, id), last); }};
              }));
        }));
    router_.get(kBase + "/trials/{sweep}/{arm}/{seed}/log", Right::kRead,
                checked(checked_trial, [parts = parts_](std::string trial, const HttpRequest&, const Respond& respond) {
                  respond({.events = [parts, trial = std::move(trial)] {
                    return follow_log(parts.control, parts.mailbox, trial);
                  }});
                }));
  }

  static Topic of_sweep(const WebParts& parts, const SweepId& id) {
    return {.key = "api sweep " + id.str(),
            .sweep = id,
            .build = [parts, id](const std::function<void(StatusOr<std::string>)>& done) {
              parts.control.sweep(id.str(), [done](const StatusOr<SweepView>& view) {
                if (!view.ok()) return done(view.status());
                done(event_text("sweep", json_of(*view).dump(-1, ' ', false, Json::error_handler_t::replace)));
              });
            }};
  }
  static Topic overview(const WebParts& parts) {
    return {.key = "api overview",
            .sweep = std::nullopt,
            .build = [parts](const std::function<void(StatusOr<std::string>)>& done) {
              parts.control.sweeps({.over_too = false, .limit = kMostSweeps}, [done](const StatusOr<SweepsPage>& page) {
                if (!page.ok()) return done(page.status());
                const Json json = {{"sweeps", json_list(page->sweeps)}, {"more", page->more}};
                done(event_text("sweeps", json.dump(-1, ' ', false, Json::error_handler_t::replace)));
              });
            }};
  }

  Router& router_;
  const WebParts parts_;
};

}  // namespace

void add_api(Router& router, const WebParts& parts) { Api(router, parts).add_all(); }

}  // namespace evensweep::coordinator
