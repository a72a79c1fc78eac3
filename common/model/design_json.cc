#include "common/model/design_json.h"

#include <algorithm>
#include <array>

#include "common/base/hash.h"

namespace evensweep {
namespace {

constexpr std::array kStageKinds = {StageKind::kRacing, StageKind::kSelection, StageKind::kLook};
constexpr std::array kArmFates = {ArmFate::kGoesOn,      ArmFate::kIdentity,  ArmFate::kFailed, ArmFate::kRacedOut,
                                  ArmFate::kNotSelected, ArmFate::kEffective, ArmFate::kFutile, ArmFate::kNotShown};

template <typename Known, typename Name>
auto named(Fields& fields, const char* field, const Known& known, Name name) {
  const std::string given = fields.text(field);
  const auto found = std::ranges::find_if(known, [&](auto value) { return given == name(value); });
  if (found == known.end()) fields.fail(field, "is not a known word: " + in_quotes(given));
  return found == known.end() ? known.front() : *found;
}

SelectionSpec selection_of(const Json& json, const std::string& place, Status& status) {
  Fields fields(json, place, status);
  SelectionSpec selection{.seeds = seeds_of(fields, "seeds"),
                          .keep = fields.integer("keep", 1),
                          .racing = fields.has("racing") && fields.boolean("racing")};
  fields.end();
  if (selection.seeds.empty()) fields.fail("seeds", "must not be empty");
  return selection;
}

StoppingSpec stopping_of(const Json& json, const std::string& place, Status& status) {
  Fields fields(json, place, status);
  StoppingSpec stopping;
  stopping.rule = fields.one_of("rule", {kGroupSequential, kEProcess});
  stopping.looks = fields.integers("looks", 1);
  if (stopping.rule == kGroupSequential)
    stopping.spending = fields.one_of("spending", {"pocock", "obrien_fleming", "hsd"});
  stopping.futility = fields.number("futility", 0, 1);
  if (fields.has("scale")) stopping.scale = fields.number("scale", 0);
  fields.end();
  const auto& looks = stopping.looks;
  if (looks.empty() || std::ranges::adjacent_find(looks, std::ranges::greater_equal()) != looks.end())
    fields.fail("looks", "must be increasing");
  return stopping;
}

Json selection_json(const SelectionSpec& selection) {
  Json json = {{"seeds", selection.seeds}, {"keep", selection.keep}};
  if (selection.racing) json["racing"] = true;
  return json;
}

Json stopping_json(const StoppingSpec& stopping) {
  Json json = {{"rule", stopping.rule}, {"looks", stopping.looks}, {"futility", stopping.futility}};
  if (stopping.rule == kGroupSequential) json["spending"] = stopping.spending;
  if (stopping.scale) json["scale"] = *stopping.scale;
  return json;
}

Json arm_json(const ArmAtDecision& arm) {
  Json json = {{"arm", arm.arm}, {"fate", arm_fate_name(arm.fate)}};
  if (arm.mean) json["mean"] = *arm.mean;
  if (arm.p) json["p"] = *arm.p;
  if (arm.conditional_power) json["conditional_power"] = *arm.conditional_power;
  return json;
}

ArmAtDecision arm_of(const Json& json, Status& status) {
  Fields fields(json, "decision.arms", status);
  ArmAtDecision arm;
  arm.arm = static_cast<uint32_t>(fields.integer("arm", 1, UINT32_MAX));
  arm.fate = named(fields, "fate", kArmFates, arm_fate_name);
  if (fields.has("mean")) arm.mean = fields.number("mean");
  if (fields.has("p")) arm.p = fields.number("p", 0, 1);
  if (fields.has("conditional_power")) arm.conditional_power = fields.number("conditional_power", 0, 1);
  fields.end();
  return arm;
}

}  // namespace

const char* stage_kind_name(StageKind kind) {
  switch (kind) {
    case StageKind::kRacing: return "racing";
    case StageKind::kSelection: return "selection";
    case StageKind::kLook: return "look";
  }
  return "";
}

const char* arm_fate_name(ArmFate fate) {
  switch (fate) {
    case ArmFate::kGoesOn: return "goes on";
    case ArmFate::kIdentity: return "identity";
    case ArmFate::kFailed: return "failed";
    case ArmFate::kRacedOut: return "raced out";
    case ArmFate::kNotSelected: return "not selected";
    case ArmFate::kEffective: return "effective";
    case ArmFate::kFutile: return "futile";
    case ArmFate::kNotShown: return "not shown";
  }
  return "";
}

std::string fate_words(const DesignDecision& decision, ArmFate fate) {
  const std::string where = " at look " + std::to_string(decision.look);
  const std::string after = " after " + std::to_string(decision.seeds) + " selection seeds";
  switch (fate) {
    case ArmFate::kGoesOn: return "";
    case ArmFate::kIdentity: return "trains as the baseline does";
    case ArmFate::kFailed: return "the method failed" + (decision.kind == StageKind::kLook ? where : after);
    case ArmFate::kRacedOut: return "not selected: fell behind" + after;
    case ArmFate::kNotSelected: return "not selected" + after;
    case ArmFate::kEffective: return "stopped for efficacy" + where;
    case ArmFate::kFutile: return "stopped for futility" + where;
    case ArmFate::kNotShown: return "no reduction shown by the last look";
  }
  return "";
}

std::vector<uint64_t> seeds_of(Fields& fields, const char* name) {
  std::vector<uint64_t> seeds;
  for (const Json& seed : fields.array(name)) {
    if (seed.is_number_unsigned())
      seeds.push_back(seed.get<uint64_t>());
    else
      fields.fail(name, "must be whole numbers of at least 0");
  }
  return seeds;
}

AnalysisSpec analysis_of(const Json& json, const std::string& place, Status& status) {
  Fields fields(json, place, status);
  AnalysisSpec analysis;
  analysis.alpha = fields.number("alpha", 0, 1);
  analysis.correction = fields.text("correction");
  analysis.accuracy_margin = fields.number("accuracy_margin", 0, 1);
  if (fields.has("primary")) analysis.primary = fields.text("primary");
  if (fields.has("selection"))
    analysis.selection = selection_of(fields.object("selection"), fields.place("selection"), status);
  if (fields.has("stopping"))
    analysis.stopping = stopping_of(fields.object("stopping"), fields.place("stopping"), status);
  fields.end();
  if (!analysis.stopping) return analysis;
  if (analysis.correction == kMaxT) fields.fail("correction", "must be holm or none with stopping");
  if (analysis.stopping->rule == kEProcess && !analysis.stopping->scale && !analysis.selection)
    fields.fail("stopping", "needs a scale, or selection seeds to take it from");
  return analysis;
}

Json analysis_json(const AnalysisSpec& analysis) {
  Json json = {
      {"alpha", analysis.alpha}, {"correction", analysis.correction}, {"accuracy_margin", analysis.accuracy_margin}};
  if (analysis.primary) json["primary"] = *analysis.primary;
  if (analysis.selection) json["selection"] = selection_json(*analysis.selection);
  if (analysis.stopping) json["stopping"] = stopping_json(*analysis.stopping);
  return json;
}

Json analysis_plan(const Sweep& sweep) {
  Json arms = Json::array();
  for (const Arm& arm : sweep.arms) arms.push_back(to_json(arm));
  Json plan = analysis_json(sweep.analysis);
  plan["arms"] = std::move(arms);
  plan["seeds"] = sweep.seeds;
  plan["measure"] = "d_unbiased";
  plan["test"] = "sign_flip";
  plan["alternative"] = "greater";
  return plan;
}

std::string plan_hash(const Sweep& sweep) { return sha256_hex(analysis_plan(sweep).dump()); }

Json to_json(const DesignDecision& decision) {
  Json arms = Json::array();
  for (const ArmAtDecision& arm : decision.arms) arms.push_back(arm_json(arm));
  Json json = {{"kind", stage_kind_name(decision.kind)},
               {"look", decision.look},
               {"seeds", decision.seeds},
               {"blocks", decision.blocks},
               {"arms", std::move(arms)}};
  if (decision.scale) json["scale"] = *decision.scale;
  return json;
}

StatusOr<DesignDecision> parse_decision(std::string_view text) {
  EV_ASSIGN_OR_RETURN(const Json json, parse_json(text, "decision"));
  Status status;
  Fields fields(json, "decision", status);
  DesignDecision decision;
  decision.kind = named(fields, "kind", kStageKinds, stage_kind_name);
  decision.look = fields.integer("look", 0);
  decision.seeds = fields.integer("seeds", 1);
  decision.blocks = seeds_of(fields, "blocks");
  for (const Json& arm : fields.array("arms")) decision.arms.push_back(arm_of(arm, status));
  if (fields.has("scale")) decision.scale = fields.number("scale", 0);
  fields.end();
  if (!status.ok()) return status;
  return decision;
}

}  // namespace evensweep
