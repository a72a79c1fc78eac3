// Answers to what the reproducibility checklists of conferences ask for, from the results alone.

#include <fmt/format.h>

#include <map>
#include <set>

#include "common/base/text.h"
#include "sweeps/report/facts.h"
#include "sweeps/report/format.h"

namespace evensweep {
namespace {

// "tpr_weighting: gamma 0.5, 1, 2; focal: gamma 1, 2"
std::string values_tried(const ResultsIndex& index) {
  std::vector<std::string> methods;
  std::map<std::string, std::map<std::string, std::set<double>>> numbers;
  std::map<std::string, std::map<std::string, std::set<std::string>>> words;
  for (const View& arm : index.arms()) {
    const std::string method = arm["method"].text();
    if (!numbers.contains(method)) methods.push_back(method);
    auto& of_method = numbers[method];
    for (const auto& [name, value] : arm["parameters"].members())
      if (const auto number = value.number()) of_method[name].insert(*number);
    for (const auto& [name, value] : arm["options"].members()) words[method][name].insert(value.scalar());
  }
  std::vector<std::string> lines;
  for (const std::string& method : methods) {
    std::vector<std::string> settings;
    for (const auto& [name, values] : numbers[method]) {
      std::vector<std::string> texts;
      for (double value : values) texts.push_back(shortest(value));
      settings.push_back(name + " " + joined(texts, ", "));
    }
    for (const auto& [name, values] : words[method])
      settings.push_back(name + " " + joined({values.begin(), values.end()}, ", "));
    lines.push_back(settings.empty() ? method : method + ": " + joined(settings, "; "));
  }
  return joined(lines, ". ") + ".";
}

std::string choice_rule(View results) {
  const std::string primary = results["analysis"]["primary"].text();
  const View plan = results["design"]["plan"], runs = results["counts"]["runs"];
  std::string rule;
  if (!plan["selection"].absent()) {
    rule =
        "The arms that went on were chosen by the rule of the design, on validation data of selection seeds that the "
        "verdicts do not use; p is adjusted for them, and the others are reported as not selected. ";
  } else if (!results["table"].absent()) {
    rule = "Every arm of the table is reported; p is adjusted for all of them. ";
  } else {
    const bool everywhere =
        plan["stopping"].absent() && runs["failed"].integer() == 0 && runs["missing"].integer() == 0;
    rule = fmt::format(
        "Every arm of the sweep file {}is reported; p is adjusted for all of them, and nothing was chosen by its "
        "result. ",
        everywhere ? "was trained at every seed and " : "");
  }
  if (!plan["stopping"].absent()) rule += "An arm stopped only at looks that the design fixed in advance. ";
  return rule + (primary.empty() ? "No comparison was named in advance as the primary one."
                                 : "The primary comparison, named in advance, is " + primary + ".");
}

std::string error_bars(View results) {
  return fmt::format(
      "Means over seeds (blocks). Error bars and brackets are two-sided Student t confidence intervals at {} % of the "
      "mean, not standard deviations; those of D_u are {}. Spread over seeds comes from split, initialisation, data "
      "order and augmentation, which baseline and arm share in each seed.",
      shortest(results["analysis"]["confidence"].number().value_or(0.95) * 100),
      is_simultaneous(results) ? "max-T sign-flip intervals that hold for all arms together" : "of each arm alone");
}

std::string counts_of(View results) {
  const View runs = results["counts"]["runs"];
  const auto arms = counted(static_cast<int64_t>(results["arms"].size()), "arm");
  const auto seeds = static_cast<int64_t>(results["sweep"]["seeds"].size());
  const View design = results["design"], selection = design["selection"];
  std::string whole = fmt::format("{} for each of {} and the baseline", counted(seeds, "seed"), arms);
  if (!selection.absent()) {
    int64_t kept = 0;
    for (const View& arm : selection.items()) kept += arm["selected"].truth() ? 1 : 0;
    whole = fmt::format("{} for each of {}, {} for the {} that went on, and the baseline at all of them",
                        counted(static_cast<int64_t>(design["plan"]["selection"]["seeds"].size()), "selection seed"),
                        arms, counted(seeds, "seed"), kept);
  }
  if (!design["plan"]["stopping"].absent()) whole += ", as far as they were needed";
  return fmt::format("{}: {}; {} failed, {} missing.", whole, counted(runs["planned"].integer(), "distinct training"),
                     runs["failed"].integer(), runs["missing"].integer());
}

std::string examples_of(View results) {
  const View classes = results["sweep"]["classes"];
  std::vector<std::string> parts;
  for (const char* split : {"train", "validation", "test"}) {
    double sum = 0;
    for (double count : classes[split].numbers()) sum += count;
    if (sum > 0) parts.push_back(fmt::format("{} {}", shortest(sum), split));
  }
  return fmt::format("{} classes; examples: {}.", classes["names"].size(),
                     parts.empty() ? "different at each seed" : joined(parts, ", "));
}

std::string parameters_of(View results) {
  std::set<int64_t> sizes;
  for (const View& run : results["runs"].items())
    if (const int64_t size = run["model_parameters"].integer(); size > 0) sizes.insert(size);
  std::vector<std::string> texts;
  for (int64_t size : sizes) texts.push_back(std::to_string(size));
  return results["sweep"]["model"]["name"].text() +
         ", trained parameters: " + (texts.empty() ? "not known" : joined(texts, ", ")) + ".";
}

std::string compute_of(View results) {
  double seconds = 0;
  int64_t runs = 0;
  for (const View& run : results["runs"].items())
    if (const auto value = run["times"]["train_seconds"].number()) seconds += *value, ++runs;
  if (runs == 0) return "No training was timed.";
  std::vector<std::string> machines;
  for (const View& at : results["environment"]["trainers"].items())
    machines.push_back(fmt::format("{}, threads {}", at["device"].text(), at["threads"].scalar()));
  return fmt::format("{} of training in all, {} a run on average; {}.", seconds_text(seconds),
                     seconds_text(seconds / static_cast<double>(runs)), joined(machines, "; "));
}

// Members of `sensitivity.p` about an arm alone, besides those that are there in any case.
constexpr std::pair<const char*, const char*> kOtherTests[] = {{"wilcoxon_split", "the Wilcoxon test"},
                                                               {"log_ratio", "the t test of the log ratio"}};

}  // namespace

std::vector<Fact> checklist_answers(const ResultsIndex& index) {
  const View root = index.root();
  const bool is_trained = root["table"].absent();
  std::vector<Fact> answers = {
      {"Number of runs", counts_of(root)},          {"Hyperparameters tried", values_tried(index)},
      {"How they were chosen", choice_rule(root)},  {"Statistics and error bars", error_bars(root)},
      {"Test", test_words(root["analysis"]) + "."}, {"Data", examples_of(root)}};
  if (is_trained) {
    answers.push_back({"Model", parameters_of(root)});
    answers.push_back({"Compute", compute_of(root)});
    answers.push_back({"Randomness",
                       "Each seed fixes split, initialisation, data order, augmentation and dropout by "
                       "streams of their own; the seeds are listed under Reproduce."});
  }
  answers.push_back({"Code and data",
                     "Versions, digests of the data files and commands are under Reproduce; digests "
                     "of every file of this report are in provenance.json."});
  return answers;
}

std::vector<std::string> robustness_lines(const ResultsIndex& index) {
  std::vector<std::string> lines;
  const auto alpha = index.root()["analysis"]["alpha"].number();
  for (const View& arm : index.arms()) {
    if (!is_compared(arm) || !alpha) continue;
    const auto says = [&](View p) { return p.number() && *p.number() <= *alpha; };
    const bool own = says(arm["sign_flip"]["p_greater"]);
    std::vector<std::string> others;
    if (says(arm["d_unbiased"]["p_greater"]) != own) others.push_back("the t test");
    if (says(arm["sign_test"]["p_greater"]) != own) others.push_back("the sign test");
    for (const auto& [name, words] : kOtherTests)
      if (const View p = arm["sensitivity"]["p"][name]; p.number() && says(p) != own) others.push_back(words);
    if (!others.empty())
      lines.push_back(fmt::format("{}: {} {} of the sign-flip test ({} at alpha, unadjusted).", arm["name"].text(),
                                  joined(others, " and "),
                                  others.size() == 1 ? "differs from the result" : "differ from the result",
                                  own ? "a reduction" : "no reduction"));
  }
  if (!lines.empty())
    lines.push_back(
        "Where tests differ, the verdict stays with the one named in the design; the smallest p is not "
        "taken.");
  lines.push_back(
      "No diagram of mean ranks (critical differences): it compares methods over several data sets, and "
      "seeds of one data set are no sample of data sets; evensweep meta compares the results of several.");
  return lines;
}

}  // namespace evensweep
