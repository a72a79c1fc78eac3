#include "coordinator/http/metrics.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <utility>
#include <vector>

#include "common/base/text.h"
#include "common/model/result.h"

namespace evensweep::coordinator {
namespace {

using Labels = std::initializer_list<std::pair<const char*, std::string>>;

// "a\b" and line ends as the format wants them.
std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') out += '\\';
    out += c;
  }
  return out;
}

class Exposition {
 public:
  // Begins a family; `name` without the prefix.
  void family(const std::string& name, const char* type, const char* help) {
    name_ = "evensweep_" + name;
    head(type, help);
  }
  // One whose name is the same for all programs.
  void common_family(const std::string& name, const char* type, const char* help) {
    name_ = name;
    head(type, help);
  }
  void value(const Labels& labels, const std::string& value) { line("", labels, value); }
  void value(const Labels& labels, uint64_t number) { value(labels, std::to_string(number)); }
  void histogram(const Histogram& histogram) {
    uint64_t below = 0;
    for (size_t i = 0; i < Histogram::kBounds.size(); ++i) {
      below += histogram.counts[i];
      line("_bucket", {{"le", shortest(Histogram::kBounds[i])}}, std::to_string(below));
    }
    below += histogram.counts.back();
    line("_bucket", {{"le", "+Inf"}}, std::to_string(below));
    line("_sum", {}, shortest(histogram.sum));
    line("_count", {}, std::to_string(below));
  }
  std::string take() { return std::move(text_); }

 private:
  void head(const char* type, const char* help) {
    text_ += "# HELP " + name_ + " " + help + "\n# TYPE " + name_ + " " + type + "\n";
  }
  void line(const char* suffix, const Labels& labels, const std::string& value) {
    text_ += name_ + suffix;
    if (labels.size() > 0) {
      text_ += "{";
      const char* between = "";
      for (const auto& [label, content] : labels) {
        text_ += std::string(between) + label + "=\"" + escaped(content) + "\"";
        between = ",";
      }
      text_ += "}";
    }
    text_ += " " + value + "\n";
  }

  std::string name_, text_;
};

void write_sweeps(Exposition& out, const Totals& totals) {
  out.family("sweeps", "gauge", "Sweeps by phase.");
  for (const SweepPhase phase : {SweepPhase::kActive, SweepPhase::kPaused, SweepPhase::kStopping, SweepPhase::kStopped,
                                 SweepPhase::kCancelled, SweepPhase::kOver}) {
    const auto found = totals.sweeps.find(phase);
    out.value({{"phase", phase_name(phase)}}, found == totals.sweeps.end() ? uint64_t{0} : found->second);
  }
  out.family("trials", "gauge", "Trials of all sweeps by state; waiting are those of open sweeps that do not train.");
  out.value({{"state", "finished"}}, totals.trials_finished);
  out.value({{"state", "failed"}}, totals.trials_failed);
  out.value({{"state", "not_needed"}}, totals.trials_not_needed);
  out.value({{"state", "running"}}, totals.trials_running);
  out.value({{"state", "waiting"}}, totals.trials_waiting);
}

void write_counts(Exposition& out, const Counts& counts) {
  out.family("runs_completed_total", "counter", "Runs that have ended for good, since the start.");
  out.value({{"outcome", "succeeded"}}, counts.runs_finished);
  out.value({{"outcome", "failed"}}, counts.runs_failed);
  out.family("attempts_granted_total", "counter", "Attempts that were given to agents, since the start.");
  out.value({}, counts.attempts_granted);
  out.family("attempts_ended_total", "counter",
             "Attempts that have ended, since the start; infrastructure: the agent or its machine was lost.");
  out.value({{"outcome", "succeeded"}}, counts.attempts_succeeded);
  for (size_t i = 0; i < kFailureClassCount; ++i)
    out.value({{"outcome", failure_class_name(static_cast<FailureClass>(i))}}, counts.attempts_failed[i]);
  out.family("attempt_duration_seconds", "histogram", "From the lease of an attempt to its end.");
  out.histogram(counts.attempt_seconds);
  out.family("store_failures_total", "counter", "Times the database took no writes, since the start.");
  out.value({}, counts.store_failures);
}

void write_agents(Exposition& out, const std::vector<AgentView>& agents, int64_t now) {
  uint64_t quarantined = 0, draining = 0, connected = 0, gone = 0;
  int64_t oldest = 0;
  struct Devices {
    uint64_t slots = 0, leases = 0, memory = 0, used = 0;
  };
  std::map<std::string, Devices> kinds{{"cpu", {}}, {"cuda", {}}};
  for (const AgentView& agent : agents) {
    ++(!agent.quarantined.empty() ? quarantined : agent.draining ? draining : agent.connected ? connected : gone);
    if (!agent.connected) continue;
    oldest = std::max(oldest, now - agent.last_heard);
    for (const DeviceView& device : agent.devices) {
      Devices& kind = kinds[device.device.kind];
      kind.slots += device.device.slots;
      kind.leases += device.leases;
      kind.memory += device.device.memory_bytes;
      kind.used += device.memory_used;
    }
  }
  out.family("agents", "gauge", "Agents by state.");
  out.value({{"state", "connected"}}, connected);
  out.value({{"state", "draining"}}, draining);
  out.value({{"state", "quarantined"}}, quarantined);
  out.value({{"state", "gone"}}, gone);
  out.family("agent_heartbeat_age_seconds", "gauge", "Since the connected agent that is silent longest was heard.");
  out.value({}, shortest(static_cast<double>(oldest) / 1000));
  const auto each = [&](const char* name, const char* help, uint64_t Devices::*member) {
    out.family(name, "gauge", help);
    for (const auto& [kind, devices] : kinds) out.value({{"kind", kind}}, devices.*member);
  };
  each("slots", "Trainings that connected agents can do at a time, by kind of device.", &Devices::slots);
  each("slots_leased", "Of them, those with an attempt.", &Devices::leases);
  each("device_memory_bytes", "Memory of connected agents' devices.", &Devices::memory);
  each("device_memory_used_bytes", "Of it, what is in use, by whomever.", &Devices::used);
}

void write_process(Exposition& out, const ProcessFigures& process) {
  out.family("http_requests_total", "counter", "Requests over HTTP since the start.");
  out.value({}, process.http_requests);
  out.family("http_refused_connections_total", "counter", "Connections refused because there were too many.");
  out.value({}, process.http_refused_connections);
  out.family("http_connections", "gauge", "Connections over HTTP.");
  out.value({}, process.http_connections);
  out.family("http_event_viewers", "gauge", "Streams of events that are watched.");
  out.value({}, process.event_viewers);
  out.family("refusals_total", "counter", "Calls and pages refused for the lack of rights, since the start.");
  out.value({}, process.refusals);
  out.family("tls_handshakes_failed_total", "counter", "TLS handshakes of gRPC callers that failed, since the start.");
  out.value({}, process.failed_handshakes);
  out.common_family("process_cpu_seconds_total", "counter", "CPU time of the process, user and system.");
  out.value({}, shortest(process.cpu_seconds));
  out.common_family("process_resident_memory_bytes", "gauge", "Resident memory of the process.");
  out.value({}, process.resident_bytes);
}

}  // namespace

std::string metrics_text(const Totals& totals, int64_t unix_millis, const ProcessFigures& process) {
  Exposition out;
  out.family("build_info", "gauge", "The version that runs.");
  out.value({{"version", process.version}}, uint64_t{1});
  write_sweeps(out, totals);
  write_counts(out, totals.counts);
  write_agents(out, totals.agents, unix_millis);
  write_process(out, process);
  return out.take();
}

void add_metrics(Router& router, const WebParts& parts, std::function<ProcessFigures()> figures) {
  router.get("/metrics", Right::kRead,
             [parts, figures = std::move(figures)](const HttpRequest&, const Respond& respond) {
               parts.control.totals(answer_with<Totals>(parts.mailbox, respond, [parts, figures](const Totals& totals) {
                 return HttpResponse{.type = "text/plain; version=0.0.4; charset=utf-8",
                                     .body = metrics_text(totals, parts.clock.unix_millis(), figures())};
               }));
             });
}

}  // namespace evensweep::coordinator
