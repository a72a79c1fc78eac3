#include "sweeps/report/facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>

#include "common/base/text.h"
#include "common/model/spec.h"
#include "sweeps/report/format.h"
#include "sweeps/stats/design.h"

namespace evensweep {
namespace {

std::string scalars(View list) {
  std::vector<std::string> parts;
  for (const View& item : list.items()) parts.push_back(item.scalar());
  return joined(parts);
}

std::string words_of_correction(const std::string& correction) {
  if (correction == kMaxT) return "adjusted by step-down max-T";
  if (correction == "holm") return "Holm-adjusted";
  return correction == "none" || correction.empty() ? "not adjusted" : correction + "-adjusted";
}

std::string percent(std::optional<double> share) { return share ? shortest(*share * 100) + " %" : kNoNumber; }

std::string training_words(View training) {
  return fmt::format("{} epochs, batch {}, {} lr {}, schedule {}, {}", training["epochs"].scalar(),
                     training["batch_size"].scalar(), training["optimizer"]["name"].text(),
                     training["optimizer"]["lr"].scalar(), training["schedule"]["name"].text(),
                     training["precision"].text());
}

std::string file_words(View file) { return file["path"].text() + " (sha256 " + file["sha256"].text() + ")"; }

std::string files_words(View dataset) {
  std::vector<std::string> parts;
  for (const char* files : {"train_files", "validation_files", "test_files"})
    for (const View& file : dataset[files].items()) parts.push_back(file_words(file));
  return joined(parts);
}

std::string facts_words(View facts) {
  std::vector<std::string> parts;
  for (const View& fact : facts.items()) parts.push_back(fact["name"].text() + ": " + fact["count"].scalar());
  return joined(parts);
}

// "mlp (128)", "resmlp (width 128, blocks 2)", "torchscript (net.pt (sha256 ...))".
std::string model_words(View model) {
  std::vector<std::string> sizes;
  if (model["hidden"].size() > 0) sizes.push_back(scalars(model["hidden"]));
  for (const char* key : {"width", "blocks", "embedding", "channels", "layers", "padding"})
    if (!model[key].absent()) sizes.push_back(std::string(key) + " " + model[key].scalar());
  if (!model["file"].absent()) sizes.push_back(file_words(model["file"]));
  return model["name"].text() + (sizes.empty() ? "" : " (" + joined(sizes) + ")");
}

bool is_table(View results) { return !results["table"].absent(); }

const char* id_words(View results) { return is_table(results) ? "Analysis id" : "Sweep id"; }

// As a POSIX shell takes it.
std::string shell_word(const std::string& text) {
  std::string word = "'";
  for (char c : text) word += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return word + "'";
}

std::string analyze_command(View results) {
  const View analysis = results["analysis"];
  const std::string primary = analysis["primary"].text();
  return fmt::format("evensweep analyze {} --alpha {} --margin {} --correction {}",
                     shell_word(results["table"]["file"].text()), analysis["alpha"].scalar(),
                     analysis["accuracy_margin"].scalar(), analysis["correction"].text()) +
         (primary.empty() ? "" : " --primary " + shell_word(primary));
}

std::vector<Fact> table_facts(View results) {
  const View table = results["table"];
  return {{id_words(results), results["sweep_id"].text()},
          {"Table", table["file"].text() + " (sha256 " + table["sha256"].text() + ")"},
          {"Form", table["form"].text() + ", " + counted(table["rows"].integer(), "row")},
          {"Seeds", scalars(results["sweep"]["seeds"])}};
}

// How uneven the baseline is, and how much of that is noise.
std::string baseline_line(View analysis) {
  const View spread = analysis["baseline_var_unbiased"];
  const auto mean = scaled(spread["mean"], kPp2), low = scaled(spread["ci_low"], kPp2),
             high = scaled(spread["ci_high"], kPp2);
  const int decimals = decimals_for({mean.value_or(0), low.value_or(0), high.value_or(0)}, 1);
  std::string line = fmt::format("Baseline: unbiased variance of class TPRs {} pp², interval {}", fixed(mean, decimals),
                                 interval(low, high, decimals));
  if (const auto share = analysis["noise_share"].number())
    line += fmt::format("; the finite test set adds {} % to it", fixed(*share * 100, 0));
  return line + ".";
}

// What selection and stopping did, where the sweep has them.
void add_decisions(View results, std::vector<std::string>& lines) {
  const View design = results["design"];
  for (const View& decision : design["decisions"].items()) {
    const bool is_look = decision["kind"].text() == "look";
    std::string line = is_look ? fmt::format("Look {}", decision["look"].integer()) : decision["kind"].text();
    line[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(line[0])));
    line += fmt::format(" after {}:", counted(decision["seeds"].integer(), is_look ? "seed" : "selection seed"));
    std::map<std::string, int64_t> fates;
    for (const View& arm : decision["arms"].items()) ++fates[arm["fate"].text()];
    const char* separator = " ";
    for (const auto& [fate, arms] : fates) {
      line += fmt::format("{}{} {}", separator, counted(arms, "arm"), fate == "goes on" && arms != 1 ? "go on" : fate);
      separator = ", ";
    }
    lines.push_back(line + ".");
  }
  if (const int64_t left_out = design["trials_not_needed"].integer(); left_out > 0)
    lines.push_back(fmt::format("{} were not needed and not trained.", counted(left_out, "trial")));
  if (const std::string hash = design["plan_sha256"].text(); !hash.empty())
    lines.push_back("Analysis plan, fixed when the sweep was submitted: sha256 " + hash + ".");
}

// The smallest reduction that so many seeds find, in sd of D_u and for the arms' own sd.
std::string detectable_line(const ResultsIndex& index) {
  const View analysis = index.root()["analysis"];
  AnalysisSpec spec;
  spec.alpha = analysis["alpha"].number().value_or(0);
  spec.correction = analysis["correction"].text();
  const int64_t blocks = index.root()["completeness"]["blocks_complete"].integer();
  if (!(spec.alpha > 0 && spec.alpha < 1)) return {};
  const Reach reach = reach_of(blocks, std::max<int64_t>(1, analysis["family"].integer()), spec);
  std::vector<double> effects;
  for (const View& arm : index.arms())
    if (const auto sd = scaled(arm["d_unbiased"]["sd"], kPp2); sd && is_compared(arm) && reach.detectable_in_family)
      effects.push_back(*sd * *reach.detectable_in_family);
  if (effects.empty()) return {};
  const auto [least, most] = std::minmax_element(effects.begin(), effects.end());
  const int decimals = decimals_for({*least, *most}, 1);
  return fmt::format(
      "With {} a reduction of {} standard deviations of D_u is found with {} % power after adjustment (Bonferroni, "
      "Student t): {} to {} pp² with the standard deviations of these arms. Smaller ones may well be missed.",
      counted(blocks, "seed"), fixed(reach.detectable_in_family, 2), shortest(kPlannedPower * 100),
      fixed(*least, decimals), fixed(*most, decimals));
}

}  // namespace

std::string report_title(View results) {
  const std::string name = results["sweep"]["name"].text();
  return name.empty() ? "Evensweep report" : "Evensweep report: " + name;
}

std::string interim_warning(View results) {
  const View runs = results["counts"]["runs"];
  const int64_t planned = runs["planned"].integer(), finished = runs["finished"].integer();
  if (finished >= planned) return {};
  return fmt::format(
      "Incomplete: {} of {} runs finished, {} failed, {} missing. What is said below rests on the complete "
      "blocks alone.",
      finished, planned, runs["failed"].integer(), runs["missing"].integer());
}

bool is_left_out(View arm) { return !arm["selected"].absent() && !arm["selected"].truth(); }

std::vector<VerdictLine> verdicts(const ResultsIndex& index) {
  std::vector<VerdictLine> list;
  std::vector<std::string> left_out;
  for (const View& arm : index.arms()) {
    if (is_left_out(arm) && !arm["primary"].truth()) {
      left_out.push_back(arm["name"].text());
      continue;
    }
    VerdictLine verdict{
        .arm = arm["name"].text(), .sentence = arm["verdict_sentence"].text(), .primary = arm["primary"].truth()};
    if (verdict.sentence.empty()) verdict.sentence = short_verdict(arm);
    list.insert(verdict.primary ? list.begin() : list.end(), verdict);
  }
  if (!left_out.empty())
    list.push_back(
        {.arm = counted(std::ssize(left_out), "arm") + " not selected",
         .sentence = "others were better on the selection seeds, so there is no verdict on " + joined(left_out),
         .primary = false});
  return list;
}

std::string interval_words(View results) {
  return is_simultaneous(results) ? "simultaneous confidence interval, which holds for all arms together"
                                  : "confidence interval, of the arm alone";
}

std::string test_words(View analysis) {
  return "sign-flip test of D_u, one-sided (D_u > 0), " + words_of_correction(analysis["correction"].text());
}

std::vector<std::string> design_lines(const ResultsIndex& index) {
  const View root = index.root(), analysis = root["analysis"], done = root["completeness"];
  std::vector<std::string> lines = {
      fmt::format("{} of {} blocks (seeds) complete; {} and the baseline; {} in the family that p is adjusted for.",
                  done["blocks_complete"].integer(), done["blocks_planned"].integer(),
                  counted(static_cast<int64_t>(index.arms().size()), "arm"),
                  counted(analysis["family"].integer(), "comparison")),
      fmt::format(
          "Test: {}; alpha {}; intervals at {}, those of D_u {}; smallest adjusted p that this design can reach: {}.",
          test_words(analysis), analysis["alpha"].scalar(), percent(analysis["confidence"].number()),
          is_simultaneous(root) ? "simultaneous for all arms" : "of each arm alone",
          p_value(analysis["smallest_p"].number())),
      fmt::format("Accuracy counts as kept if it falls by less than {} pp (one-sided t test at alpha).",
                  shortest(analysis["accuracy_margin"].number().value_or(0) * kPp)),
      fmt::format("Primary comparison: {}.",
                  analysis["primary"].text().empty() ? "none chosen in advance" : analysis["primary"].text()),
      std::string(
          "D_u is the baseline's variance of class TPRs less the rebalanced model's, each freed of the part that "
          "the finite test set adds. ") +
          (is_table(root) ? "All counts come from the table. "
                          : "Treatments come from validation examples, D_u from test examples. ") +
          "1 pp² = 0.0001.",
      baseline_line(analysis),
      controls_line(index),
      fmt::format("{}: {}.", id_words(root), root["sweep_id"].text()),
  };
  if (std::string line = detectable_line(index); !line.empty()) lines.insert(lines.begin() + 2, std::move(line));
  add_decisions(root, lines);
  return lines;
}

std::string table_words(const ResultsIndex& index) {
  const View root = index.root(), analysis = root["analysis"];
  return fmt::format("n = {}; {}, family of {}; intervals at {}, those of D_u {}.",
                     counted(root["completeness"]["blocks_complete"].integer(), "seed"), test_words(analysis),
                     analysis["family"].integer(), percent(analysis["confidence"].number()),
                     is_simultaneous(root) ? "simultaneous for all arms" : "of each arm alone");
}

std::vector<std::string> completeness_lines(const ResultsIndex& index) {
  const View runs = index.root()["counts"]["runs"], trials = index.root()["counts"]["trials"];
  const View done = index.root()["completeness"];
  std::vector<std::string> lines = {
      fmt::format(
          "Runs (distinct trainings): {} planned, {} finished, {} failed, {} missing; {} of them are baselines.",
          runs["planned"].integer(), runs["finished"].integer(), runs["failed"].integer(), runs["missing"].integer(),
          runs["baselines"].integer()),
      fmt::format("Trials (an arm at a seed, baselines included): {} planned; {} comparisons with the baseline entered "
                  "the statistics.",
                  trials["planned"].integer(), trials["compared"].integer())};
  if (done["dropped_blocks"].size() > 0)
    lines.push_back("Blocks left out for all arms, because some arm lacks them: seeds " +
                    scalars(done["dropped_blocks"]) + ".");
  else
    lines.push_back("No block was left out.");
  return lines;
}

std::vector<std::string> identity_lines(const ResultsIndex& index) {
  std::vector<std::string> lines;
  for (const View& arm : index.arms())
    if (arm["identity"].truth())
      lines.push_back(arm["name"].text() +
                      ": on this data its treatment is that of the baseline at every seed, so nothing was trained or "
                      "compared for it.");
  return lines;
}

std::vector<std::string> time_lines(View results) {
  if (is_table(results)) return {};
  const View times = results["times"];
  if (!times["first_finished_at"].text().empty())
    return {
        fmt::format("Training: {}; evaluation: {} (sums over all runs).", seconds_text(times["train_seconds"].number()),
                    seconds_text(times["evaluate_seconds"].number())),
        fmt::format("First run finished {}, last {}.", times["first_finished_at"].text(),
                    times["last_finished_at"].text())};
  return {"No run has finished."};
}

std::string reproduction_command(View results) {
  if (is_table(results)) return analyze_command(results);
  const View file = results["environment"]["sweep_file"];
  if (file.absent()) return "evensweep run SWEEP.yaml";
  std::string command = "evensweep run sweep.yaml";
  for (const std::string& override : file["overrides"].texts()) command += " " + shell_word(override);
  return command;
}

std::string reproduction_words(View results) {
  if (is_table(results)) return "All numbers above, and the counts that they come from, are in results.json.";
  return "The sweep file, sweep.yaml, lies beside this report; --data FOLDER says where the data files are. The same "
         "sweep id means the same data, recipe, seeds and arms. The resolved sweep, the counts of every run and all "
         "numbers above are in results.json. One run alone, by the beginning of its key: evensweep report results.json "
         "--task RUN > task.json && evensweep-trainer task.json";
}

std::string sweep_file_text(View results) { return results["environment"]["sweep_file"]["text"].text(); }

// How names and missing values of a table are read; empty where there are none.
std::string columns_words(View columns) {
  std::string words;
  if (columns["categorical"].size() > 0)
    words = fmt::format("categorical ({}): {}", columns["encoding"].text(), scalars(columns["categorical"]));
  const View missing = columns["missing"];
  if (missing.absent()) return words;
  std::string values;
  for (const View& value : missing["values"].items()) values += (values.empty() ? "" : ", ") + in_quotes(value.text());
  return words + fmt::format("{}missing {}: numbers {}, names {}", words.empty() ? "" : "; ", values,
                             missing["numeric"].text(), missing["categorical"].text());
}

std::vector<Fact> reproduction_facts(View results) {
  if (is_table(results)) return table_facts(results);
  const View sweep = results["sweep"], split = sweep["dataset"]["split"];
  std::vector<Fact> facts = {
      {"Sweep id", results["sweep_id"].text()},
      {"Seeds", scalars(sweep["seeds"])},
      {"Data set", sweep["dataset"]["name"].text() + " (" + sweep["dataset"]["format"].text() + ")"},
      {"Files", files_words(sweep["dataset"])},
      {"Split", fmt::format("validation {}, test {} of the training files{}; split seed {}",
                            percent(split["validation_fraction"].number()), percent(split["test_fraction"].number()),
                            split["balanced"].absent() ? "" : ", of each class as many rows as the smallest has",
                            split["seed"].absent() ? "of each block" : split["seed"].scalar())},
      {"Model", model_words(sweep["model"])},
      {"Training", training_words(sweep["training"])},
  };
  if (std::string words = columns_words(sweep["dataset"]["columns"]); !words.empty())
    facts.push_back({"Columns", std::move(words)});
  if (sweep["data_facts"].size() > 0) facts.push_back({"Reading", facts_words(sweep["data_facts"])});
  for (const View& at : results["environment"]["trainers"].items())
    facts.push_back(
        {"Trained by", fmt::format("{}, libtorch {}, {}, threads {} ({})", at["trainer"].text(), at["libtorch"].text(),
                                   at["device"].text(), at["threads"].scalar(), counted(at["runs"].integer(), "run"))});
  return facts;
}

bool is_compared(View arm) { return arm["blocks"].size() > 0 && !arm["identity"].truth(); }

std::string short_verdict(View arm) {
  const std::string verdict = arm["verdict"].text();
  return verdict.empty() ? "not known" : verdict;
}

}  // namespace evensweep
