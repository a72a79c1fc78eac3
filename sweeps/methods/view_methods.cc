#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "common/model/expand.h"
#include "sweeps/methods/definition.h"

namespace evensweep {
namespace {

constexpr double kUsualSigma = 0.1;
constexpr double kUsualCrop = 4;

bool mirrors(const std::string& view) { return view == "flip" || view == "flip_crop" || view == "all"; }
bool crops(const std::string& view) { return view == "crop" || view == "flip_crop" || view == "all"; }
bool adds_noise(const std::string& view) { return view == "noise" || view == "all"; }

StatusOr<Decision> decide_augmentation(const Arm& arm, const ClassEvidence& evidence) {
  Decision decision{.treatment = unit_treatment(evidence.train_counts.size())};
  const std::vector<double> probabilities =
      portable(augmentation_probabilities(evidence.validation->tpr, parameter(arm, "a")));
  if (std::all_of(probabilities.begin(), probabilities.end(), [](double p) { return p == 0; })) {
    if (parameter(arm, "a") != 0)
      decision.notes.push_back("every class is recognised without error: nothing is augmented, as in the baseline");
    return decision;
  }
  const std::string view = option(arm, "view", "");
  decision.notes.push_back(fmt::format("probability of a changed view: {:.4g}", fmt::join(probabilities, ", ")));
  decision.treatment.augmentation =
      ClassAugmentation{.probabilities = probabilities,
                        .flip = mirrors(view),
                        .crop_padding = crops(view) ? static_cast<int64_t>(parameter(arm, "crop", kUsualCrop)) : 0,
                        .sigma = adds_noise(view) ? parameter(arm, "sigma", kUsualSigma) : 0,
                        .swap = view == "swap"};
  return decision;
}

Status check_augmentation(const Arm& arm, const Arm&) {
  const std::string view = option(arm, "view", "");
  const auto idle = [&](const char* name, bool used) {
    return arm.parameters.contains(name) && !used
               ? absl::InvalidArgumentError(
                     fmt::format("augmentation: {} has no effect with the view {}; remove it", name, view))
               : absl::OkStatus();
  };
  EV_RETURN_IF_ERROR(idle("crop", crops(view)));
  return idle("sigma", adds_noise(view));
}

std::optional<std::string> undefined_augmentation(const Arm& arm, const Sweep& sweep) {
  const std::string view = option(arm, "view", "");
  switch (sweep.dataset.format) {
    case DatasetFormat::kCsv:
      if (view == "noise") return std::nullopt;
      return fmt::format("the view {} does not fit a table, whose values can be given noise alone; use view: noise",
                         view);
    case DatasetFormat::kCifar10:
      if (view != "swap") return std::nullopt;
      return "the view swap is of names in two parts, not of images; use flip, crop, flip_crop, noise or all";
    case DatasetFormat::kText:
      if (view == "swap") return std::nullopt;
      return fmt::format("the view {} does not fit texts, whose characters are no numbers; use view: swap", view);
  }
  return std::nullopt;
}

MethodDefinition augmentation() {
  return {.description = {"augmentation",
                          {{.name = "a",
                            .least = 0,
                            .most = 10,
                            .meaning = "probability with which an example of the worst class is changed, cut at 1 for "
                                       "every class; 0 does nothing"},
                           {.name = "sigma",
                            .least = 0,
                            .most = 10,
                            .meaning = "noise: its standard deviation, that of an input being about 1",
                            .usual = kUsualSigma},
                           {.name = "crop",
                            .least = 1,
                            .most = 16,
                            .meaning = "crop: pixels by which a view is shifted at most",
                            .whole = true,
                            .usual = kUsualCrop}},
                          {{.name = "view",
                            .values = {"flip", "crop", "flip_crop", "noise", "all", "swap"},
                            .meaning = "how a chosen example is changed",
                            .required = true}},
                          "changed views of examples, the more often the worse their class is recognised"},
          .touches = {Touch::kViews},
          .needs_baseline = always,
          .identity = [](const Arm& arm, auto) -> std::optional<std::string> {
            if (parameter(arm, "a") != 0) return std::nullopt;
            return "a = 0 changes no example: the same training as the baseline";
          },
          .decide = decide_augmentation,
          .check = check_augmentation,
          .undefined = undefined_augmentation};
}

}  // namespace

std::vector<MethodDefinition> view_methods() { return {augmentation()}; }

}  // namespace evensweep
