#include <cstdio>
#include <cstdlib>

#include "tests/fuzz/target.h"

namespace evensweep::fuzz {
namespace {

constexpr Target kTargets[] = {
    {"sweep_file", sweep_file, sweep_file_seeds, 8192},
    {"sweep_json", sweep_json, sweep_json_seeds, 8192},
    {"run_spec", run_spec, run_spec_seeds},
    {"run_result", run_result, run_result_seeds},
    {"short_documents", short_documents, short_document_seeds},
    {"trainer_line", trainer_line, trainer_line_seeds},
    {"task_line", task_line, task_line_seeds},
    {"spool_entry", spool_entry, spool_entry_seeds},
    {"names", names, name_seeds, 512},
    {"csv_data", csv_data, csv_seeds},
    {"text_data", text_data, text_seeds},
    {"cifar10_data", cifar10_data, cifar10_seeds, 16384},
    {"results_table", results_table, results_table_seeds},
    {"checkpoint", checkpoint, checkpoint_seeds},
    {"agent_messages", agent_messages, agent_message_seeds},
    {"coordinator_messages", coordinator_messages, coordinator_message_seeds},
    {"answers", answers, answer_seeds},
    {"http_request", http_request, http_request_seeds},
};

}  // namespace

std::span<const Target> targets() { return kTargets; }

const Target* find_target(std::string_view name) {
  for (const Target& target : kTargets)
    if (name == target.name) return &target;
  return nullptr;
}

void expect(bool condition, const char* what) {
  if (condition) return;
  std::fprintf(stderr, "fuzzing: expected that %s\n", what);
  std::abort();
}

}  // namespace evensweep::fuzz
