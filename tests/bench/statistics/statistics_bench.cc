// How long the tests of a whole sweep take: from correct answers per class to each arm's sign-flip p, its max-T p and
// its simultaneous interval. compare_scipy.py runs it beside SciPy and compares the numbers.
//
// bench_statistics FILE REPEATS: FILE is JSON, {"total": [per class], "baseline": [block][class], "arms":
// [arm][block][class]}, correct answers. Prints JSON: processor "seconds" of each repeat, p, p_single_step,
// p_step_down, low, high.

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <nlohmann/json.hpp>

#include "sweeps/stats/max_t.h"
#include "sweeps/stats/metrics.h"

namespace evensweep {
namespace {

using Json = nlohmann::json;
using Counts = std::vector<std::vector<int64_t>>;  // correct answers, [block][class]

struct Input {
  std::vector<int64_t> total;
  Counts baseline;
  std::vector<Counts> arms;
};

struct Output {
  std::vector<std::optional<MaxTArm>> tests;
  std::vector<std::optional<Interval>> intervals;
};

Output test_all(const Input& input) {
  FamilyDifferences d(input.arms.size());
  for (size_t block = 0; block < input.baseline.size(); ++block) {
    const double baseline = model_metrics(input.baseline[block], input.total).value().var_unbiased;
    for (size_t a = 0; a < d.size(); ++a)
      d[a].push_back(baseline - model_metrics(input.arms[a][block], input.total).value().var_unbiased);
  }
  return {max_t_sign_flip(d, {}), simultaneous_intervals(d, 0.05)};
}

Json to_json(const Output& output) {
  Json json;
  for (const auto& test : output.tests) {
    json["p"].push_back(test.value().p);
    json["p_single_step"].push_back(test.value().p_single_step);
    json["p_step_down"].push_back(test.value().p_step_down);
  }
  for (const auto& interval : output.intervals) {
    json["low"].push_back(interval.value().low);
    json["high"].push_back(interval.value().high);
  }
  return json;
}

void run(const std::string& path, int repeats) {
  std::ifstream file(path);
  const Json in = Json::parse(file);
  const Input input{in.at("total"), in.at("baseline"), in.at("arms")};
  Json out, seconds;
  for (int i = 0; i < repeats; ++i) {
    const std::clock_t start = std::clock();
    const Output output = test_all(input);
    seconds.push_back(static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    out = to_json(output);
  }
  out["seconds"] = seconds;
  std::printf("%s\n", out.dump().c_str());
}

}  // namespace
}  // namespace evensweep

int main(int argc, char** argv) {
  const int repeats = argc == 3 ? std::atoi(argv[2]) : 0;
  if (repeats < 1) {
    std::fprintf(stderr, "usage: bench_statistics FILE REPEATS\n");
    return 2;
  }
  try {
    evensweep::run(argv[1], repeats);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench_statistics: %s: %s\n", argv[1], e.what());
    return 2;
  }
}
