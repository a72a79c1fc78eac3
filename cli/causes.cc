#include "cli/causes.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "cli/text_table.h"

namespace evensweep {
namespace {

struct Cause {
  std::string kind, words;
  size_t runs = 0;
};

// The words with every number as one sign: "epoch 3, step 17" and "epoch 12, step 4" are the same cause.
std::string without_numbers(const std::string& words) {
  std::string text;
  for (const char c : words) {
    const bool digit = std::isdigit(static_cast<unsigned char>(c)) != 0;
    if (!digit) text += c;
    if (digit && (text.empty() || text.back() != '#')) text += '#';
  }
  return text;
}

}  // namespace

std::vector<std::string> failure_causes(const SweepResults& results, size_t most) {
  std::vector<Cause> causes;
  for (const auto& [key, run] : results.runs) {
    if (run.result || !run.failure) continue;
    const std::string words = fmt::format("{}: {}", failure_class_name(run.failure->failure), run.failure->message);
    const std::string kind = without_numbers(words);
    const auto found = std::ranges::find(causes, kind, &Cause::kind);
    if (found == causes.end())
      causes.push_back({.kind = kind, .words = words, .runs = 1});
    else
      ++found->runs;
  }
  std::ranges::stable_sort(causes, std::ranges::greater{}, &Cause::runs);
  std::vector<std::string> lines;
  for (const Cause& cause : causes) {
    if (lines.size() + 1 == most && causes.size() > most) {
      lines.push_back(fmt::format("{} other causes", causes.size() - lines.size()));
      break;
    }
    lines.push_back(fmt::format("{} run{} failed: {}", cause.runs, cause.runs == 1 ? "" : "s", printable(cause.words)));
  }
  return lines;
}

}  // namespace evensweep
