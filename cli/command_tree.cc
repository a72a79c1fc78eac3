#include "cli/command_tree.h"

#include <map>
#include <string>

#include "cli/agent.h"
#include "cli/agents.h"
#include "cli/analyze.h"
#include "cli/certs.h"
#include "cli/compare.h"
#include "cli/completion.h"
#include "cli/control.h"
#include "cli/coordinator.h"
#include "cli/data.h"
#include "cli/doctor.h"
#include "cli/extend.h"
#include "cli/init.h"
#include "cli/logs.h"
#include "cli/look.h"
#include "cli/man_page.h"
#include "cli/meta.h"
#include "cli/plan.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/submit.h"
#include "cli/top.h"

namespace evensweep {
namespace {

constexpr const char* kHere = "On this machine";
constexpr const char* kSweeps = "Sweeps of a coordinator";
constexpr const char* kCluster = "Many machines";
constexpr const char* kConnection = "Connection";

// Under which title help lists a verb.
const std::map<std::string, const char*> kGroups = {
    {"init", kHere},           {"plan", kHere},     {"run", kHere},         {"analyze", kHere},  {"compare", kHere},
    {"meta", kHere},           {"report", kHere},   {"data", kHere},        {"doctor", kHere},   {"submit", kSweeps},
    {"extend", kSweeps},       {"ls", kSweeps},     {"status", kSweeps},    {"wait", kSweeps},   {"logs", kSweeps},
    {"explain", kSweeps},      {"pause", kSweeps},  {"resume", kSweeps},    {"stop", kSweeps},   {"cancel", kSweeps},
    {"retry", kSweeps},        {"top", kSweeps},    {"agents", kCluster},   {"drain", kCluster}, {"agent", kCluster},
    {"coordinator", kCluster}, {"certs", kCluster}, {"completion", "Shell"}};

// What options and arguments take: shown by help, and completed by shells (FILE, DIR, SWEEP, TRIAL, AGENT, DATASET, and
// the words between bars). "VERB OPTION" goes before "OPTION".
const std::map<std::string, const char*> kValues = {
    {"--agent-config", "FILE"},
    {"--alpha", "LEVEL"},
    {"--ca", "FILE"},
    {"--cert", "FILE"},
    {"--checkpoint-every", "SECONDS"},
    {"--client-ca", "FILE"},
    {"--config", "FILE"},
    {"--coordinator", "HOST:PORT"},
    {"--correction", "max_t|holm|none"},
    {"--data", "DIR"},
    {"--days", "N"},
    {"--device", "auto|cpu"},
    {"--dir", "DIR"},
    {"--from", "PLACE"},
    {"--host", "NAME"},
    {"--http", "HOST:PORT"},
    {"--id", "NAME"},
    {"--key", "FILE"},
    {"--label", "COLUMN"},
    {"--labels", "NAME=VALUE"},
    {"--listen", "HOST:PORT"},
    {"--margin", "X"},
    {"--out", "DIR"},
    {"--output", "WHAT"},
    {"--patience", "SECONDS"},
    {"--pilot", "FILE"},
    {"--primary", "ARM"},
    {"--priority", "N"},
    {"--ready-file", "FILE"},
    {"--restore", "FILE"},
    {"--scope", "read|submit|agent|admin"},
    {"--seconds-per-run", "SECONDS"},
    {"--slots", "N"},
    {"--state", "DIR"},
    {"--to", "DIR"},
    {"--token-file", "FILE"},
    {"--tokens", "FILE"},
    {"--trainer", "FILE"},
    {"init --out", "FILE"},
    {"ls --state", "unresolved|waiting_for_baseline|ready|leased|running|finished|failed|not_needed|cancelled"},
    {"report --task", "NAME"},
    {"a", "RESULTS"},
    {"agent", "AGENT"},
    {"b", "RESULTS"},
    {"dir", "DIR"},
    {"fetch name", "DATASET"},
    {"file", "FILE"},
    {"name", "NAME"},
    {"overrides", "KEY=VALUE"},
    {"report file", "FILE|SWEEP"},
    {"results", "RESULTS"},
    {"source", "FILE|DATASET"},
    {"sweep", "SWEEP"},
    {"trial", "TRIAL"},
};

void name_value(const CLI::App& verb, CLI::Option& option) {
  const std::string name = option.get_lnames().empty() ? option.get_name(true) : "--" + option.get_lnames().front();
  auto found = kValues.find(verb.get_name() + " " + name);
  if (found == kValues.end()) found = kValues.find(name);
  if (found != kValues.end()) option.type_name(found->second);
}

void dress(CLI::App& verb) {
  for (CLI::Option* option : verb.get_options()) {
    if (option->get_items_expected_max() == 0) continue;  // a flag
    name_value(verb, *option);
    for (const char* name : {"coordinator", "ca", "cert", "key", "token-file", "patience"})
      if (option->check_lname(name) && verb.get_option_no_throw("--coordinator") != nullptr) option->group(kConnection);
  }
  for (CLI::App* nested : verb.get_subcommands([](CLI::App*) { return true; })) {
    if (nested->get_group() == "Subcommands") nested->group("Commands");
    dress(*nested);
  }
}

}  // namespace

void add_all_verbs(CLI::App& app, int& exit_code) {
  for (const auto add : {add_init,    add_plan,   add_run,         add_analyze, add_compare, add_meta,       add_report,
                         add_data,    add_doctor, add_submit,      add_extend,  add_look,    add_top,        add_logs,
                         add_control, add_agents, add_coordinator, add_agent,   add_certs,   add_completion, add_man})
    add(app, exit_code);
  for (CLI::App* verb : app.get_subcommands([](CLI::App*) { return true; }))
    if (const auto group = kGroups.find(verb->get_name()); group != kGroups.end()) verb->group(group->second);
  dress(app);
}

}  // namespace evensweep
