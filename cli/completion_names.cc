#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "cli/client.h"
#include "cli/completion.h"
#include "cli/views_text.h"
#include "common/dataset/catalogue.h"

namespace evensweep {
namespace {

constexpr uint32_t kMostSweeps = 200;

std::vector<Candidate> datasets() {
  std::vector<Candidate> names;
  for (const KnownDataset& dataset : known_datasets()) names.push_back({dataset.name, dataset.what});
  return names;
}

std::string phase_text(const SweepView& sweep) {
  return fmt::format("{}, {} of {} trials", phase_name(sweep.status.phase), sweep.status.trials_finished,
                     sweep.status.trials);
}

// By their names, and by their ids once an id was begun: a name that several have is no name of one.
StatusOr<std::vector<Candidate>> sweeps(Client& client, const std::string& begun) {
  EV_ASSIGN_OR_RETURN(const Client::SweepsPage page, client.sweeps(/*over_too=*/true, kMostSweeps));
  std::vector<Candidate> names;
  for (const SweepView& sweep : page.sweeps) {
    const bool alone = std::ranges::count(page.sweeps, sweep.name, &SweepView::name) == 1;
    const std::string id(sweep.id.brief());
    if (alone) names.push_back({sweep.name, phase_text(sweep)});
    if (!alone || (!begun.empty() && id.starts_with(begun)))
      names.push_back({id, sweep.name + ", " + phase_text(sweep)});
  }
  return names;
}

// SWEEP/, then SWEEP/ARM/, then SWEEP/ARM/SEED.
StatusOr<std::vector<Candidate>> trials(Client& client, const std::string& begun) {
  const size_t first = begun.find('/');
  if (first == std::string::npos) {
    EV_ASSIGN_OR_RETURN(std::vector<Candidate> names, sweeps(client, begun));
    for (Candidate& name : names) name.value += "/";
    return names;
  }
  const std::string sweep = begun.substr(0, first);
  EV_ASSIGN_OR_RETURN(const SweepDefinition definition, client.definition(sweep));
  const size_t second = begun.find('/', first + 1);
  std::vector<Candidate> names;
  if (second == std::string::npos) {
    names.push_back({sweep + "/0/", "baseline"});
    for (size_t arm = 0; arm < definition.sweep.arms.size(); ++arm)
      names.push_back({fmt::format("{}/{}/", sweep, arm + 1), arm_name(definition.sweep.arms[arm])});
    return names;
  }
  for (const uint64_t seed : definition.sweep.seeds)
    names.push_back({begun.substr(0, second + 1) + std::to_string(seed), ""});
  return names;
}

StatusOr<std::vector<Candidate>> agents(Client& client) {
  EV_ASSIGN_OR_RETURN(const std::vector<AgentView> views, client.agents());
  std::vector<Candidate> names;
  for (const AgentView& agent : views) names.push_back({agent.id.str(), agent.host});
  return names;
}

}  // namespace

std::vector<Candidate> known_names(const std::string& kind, const std::string& begun,
                                   const ConnectionOptions& connection) {
  if (kind == "DATASET") return datasets();
  StatusOr<Client> client = Client::connect(connection, Duration(0), kCompletionLimit);
  if (!client.ok()) return {};
  StatusOr<std::vector<Candidate>> names = kind == "SWEEP"   ? sweeps(*client, begun)
                                           : kind == "TRIAL" ? trials(*client, begun)
                                                             : agents(*client);
  return names.ok() ? *std::move(names) : std::vector<Candidate>();
}

}  // namespace evensweep
