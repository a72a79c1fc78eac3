#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <set>

#include "common/base/text.h"
#include "common/model/model_description.h"
#include "sweeps/spec/load.h"
#include "sweeps/spec/override.h"
#include "sweeps/spec/sections.h"

namespace evensweep {
namespace {

constexpr int64_t kMostTrials = 1'000'000;

std::string read_name(const Value& value) {
  const auto name = value.text();
  if (!name) return {};
  const bool good = name->size() <= 100 && std::all_of(name->begin(), name->end(), [](unsigned char c) {
                      return c < 0x80 && (std::isalnum(c) || c == '-' || c == '_' || c == '.');
                    });
  if (!good) value.fail(fmt::format("{} is not a name of up to 100 letters, digits, - _ .", in_quotes(*name)));
  return *name;
}

std::vector<uint64_t> consecutive(uint64_t first, int64_t count) {
  std::vector<uint64_t> seeds(static_cast<size_t>(count));
  std::iota(seeds.begin(), seeds.end(), first);
  return seeds;
}

std::vector<uint64_t> read_seed_ends(Section& section) {
  const auto first = section.need("from"), last = section.need("to");
  const auto from = first ? first->seed() : std::nullopt, to = last ? last->seed() : std::nullopt;
  if (!from || !to) return {};
  if (*to < *from)
    last->fail(fmt::format("{} is below from, which is {}", *to, *from));
  else if (*to - *from >= static_cast<uint64_t>(kMostTrials))
    last->fail(fmt::format("more than {} seeds; use fewer", kMostTrials));
  else
    return consecutive(*from, static_cast<int64_t>(*to - *from) + 1);
  return {};
}

std::vector<uint64_t> read_seed_count(Section& section) {
  const auto count_value = section.need("count"), start_value = section.find("start");
  const auto count = count_value ? count_value->integer(1, kMostTrials) : std::nullopt;
  const auto start = start_value ? start_value->seed() : uint64_t{0};
  if (!count || !start) return {};
  if (*start <= UINT64_MAX - static_cast<uint64_t>(*count)) return consecutive(*start, *count);
  start_value->fail("the seeds would become too large; start lower");
  return {};
}

std::vector<uint64_t> read_seed_range(const Value& value) {
  Section section(value);
  std::vector<uint64_t> seeds =
      section.has("from") || section.has("to") ? read_seed_ends(section) : read_seed_count(section);
  section.end();
  return seeds;
}

std::string read_trainer(const Value& value) {
  const auto name = value.text();
  if (!name) return kTrainerNumerics;
  if (!is_trainer_name(*name))
    value.fail(
        fmt::format("{} cannot be the name of a trainer of your own: up to 64 letters, digits, - _ ., and not "
                    "beginning with evensweep",
                    in_quotes(*name)));
  return *name;
}

void read_head(Section& top, Sweep& sweep) {
  if (const auto version = top.need("version")) {
    if (version->is_scalar() && version->node().text != "1" && !version->node().quoted)
      version->fail(fmt::format("{} is not known; this program reads version 1", in_quotes(version->node().text)));
    else
      version->integer(1, 1);
  }
  if (const auto name = top.need("name")) sweep.name = read_name(*name);
}

void read_body(Section& top, Draft& draft, const Problems& problems) {
  Sweep& sweep = draft.sweep;
  if (const auto value = top.need("dataset")) {
    DatasetDraft dataset = read_dataset(*value);
    sweep.dataset = std::move(dataset.spec);
    for (const Place place : dataset.file_places) draft.file_places.push_back(problems.where(place));
  }
  if (const auto value = top.need("model")) {
    ModelDraft model = read_model(*value, sweep.dataset.format);
    sweep.model = std::move(model.spec);
    if (model.file_place) draft.file_places.push_back(problems.where(*model.file_place));
    const ModelDescription* description = find_model(sweep.model.name);
    if (asks_for_embeddings(sweep.dataset.columns) && description != nullptr && !description->embeds_names)
      value->fail(
          fmt::format("{} has no embeddings of names; use mlp, resmlp or the encoding one_hot", sweep.model.name));
  }
  if (const auto value = top.need("training"))
    sweep.training = read_training(*value, sweep.dataset.format, sweep.model);
  if (const auto value = top.need("seeds")) sweep.seeds = read_seeds(*value);
  if (const auto value = top.need("methods")) {
    const size_t before = problems.count();
    sweep.arms =
        read_methods(*value, sweep, static_cast<size_t>(kMostTrials) / std::max<size_t>(1, sweep.seeds.size()));
    if (sweep.arms.empty() && problems.count() == before)
      value->fail("only the baseline; list a method to compare with it");
    if (problems.count() > before) sweep.arms.clear();
  }
  if (const auto value = top.find("analysis")) sweep.analysis = read_analysis(*value, sweep.arms, sweep.seeds);
  if (const auto value = top.find("resources")) sweep.resources = read_resources(*value);
  if (const auto value = top.find("trainer")) sweep.trainer = read_trainer(*value);
}

}  // namespace

std::vector<uint64_t> read_seeds(const Value& value) {
  if (value.is_map()) return read_seed_range(value);
  if (!value.is_list()) return consecutive(0, value.integer(1, kMostTrials).value_or(1));
  std::vector<uint64_t> seeds;
  std::set<uint64_t> known;
  for (const Value& item : value.list()) {
    const auto seed = item.seed();
    if (!seed) continue;
    if (!known.insert(*seed).second) item.fail(fmt::format("{} is listed twice; remove one", *seed));
    seeds.push_back(*seed);
  }
  return seeds;
}

std::map<std::string, std::string> read_labels(const Value& value) {
  Section section(value);
  std::map<std::string, std::string> labels;
  if (!value.is_map()) return labels;
  for (const YamlKey& key : value.node().keys) {
    const auto item = section.find(key.name);
    const std::optional<std::string> word = item ? item->text() : std::nullopt;
    if (!word) continue;
    if (!is_label(key.name) || !is_label(*word))
      item->fail("names and values of labels are up to 63 letters, digits, - _ .");
    labels[key.name] = *word;
  }
  section.end();
  return labels;
}

ResourcesSpec read_resources(const Value& value) {
  ResourcesSpec resources;
  Section section(value);
  resources.device = section.word("device", resources.device, {"auto", "cpu", "cuda"});
  if (const auto slots = section.find("slots")) resources.slots = slots->integer(1, 4096);
  if (const auto memory = section.find("memory_mib")) resources.memory_mib = memory->integer(1, kMostMemoryMib);
  if (const auto labels = section.find("labels")) resources.labels = read_labels(*labels);
  resources.priority = section.integer("priority", 0, -kMostPriority, kMostPriority);
  section.end();
  return resources;
}

DraftOrErrors parse_sweep_file(std::string_view text, const std::string& file_name,
                               std::span<const std::string> overrides) {
  Problems problems(file_name, overrides);
  YamlNode root = parse_yaml(text, problems);
  if (!problems.none() && root.kind == YamlNode::Kind::kNull) return {.draft = {}, .errors = problems.lines()};
  if (root.kind != YamlNode::Kind::kMap) {
    const bool empty = root.kind == YamlNode::Kind::kNull;
    problems.add({.line = 1, .column = 1}, std::string(empty ? "the file is empty" : "the file is not a map of keys") +
                                               "; begin with version: 1, name: ..., dataset: ...");
    return {.draft = {}, .errors = problems.lines()};
  }
  apply_overrides(overrides, root, problems);
  Draft draft;
  Section top(Value(root, "", problems));
  read_head(top, draft.sweep);
  read_body(top, draft, problems);
  top.end();
  if (!problems.none()) return {.draft = {}, .errors = problems.lines()};
  return {.draft = std::move(draft), .errors = {}};
}

}  // namespace evensweep
