#pragma once
// What is fuzzed: each function takes any bytes from outside as a peer, a file or a user may send them, and must refuse
// them or understand them, never crash, hang or contradict itself. libFuzzer drives them (deploy/fuzz); a fast test
// runs them over their seeds and simple mutations, so that they keep working.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace evensweep::fuzz {

struct Target {
  const char* name;
  void (*run)(std::string_view input);
  std::vector<std::string> (*seeds)();  // well-formed inputs, small
  size_t most = 4096;                   // bytes of an input
};

std::span<const Target> targets();
const Target* find_target(std::string_view name);

// Ends the process with what was expected.
void expect(bool condition, const char* what);

// text_targets.cc
void sweep_file(std::string_view input);
void sweep_json(std::string_view input);
void run_spec(std::string_view input);
void run_result(std::string_view input);
void short_documents(std::string_view input);
void trainer_line(std::string_view input);
void task_line(std::string_view input);
void spool_entry(std::string_view input);
void names(std::string_view input);
// http_targets.cc
void http_request(std::string_view input);
std::vector<std::string> http_request_seeds();
// data_targets.cc
void csv_data(std::string_view input);
void text_data(std::string_view input);
void cifar10_data(std::string_view input);
void results_table(std::string_view input);
void checkpoint(std::string_view input);
// link_targets.cc
void agent_messages(std::string_view input);
void coordinator_messages(std::string_view input);
void answers(std::string_view input);

// seeds.cc
std::vector<std::string> sweep_file_seeds();
std::vector<std::string> sweep_json_seeds();
std::vector<std::string> run_spec_seeds();
std::vector<std::string> run_result_seeds();
std::vector<std::string> short_document_seeds();
std::vector<std::string> trainer_line_seeds();
std::vector<std::string> task_line_seeds();
std::vector<std::string> spool_entry_seeds();
std::vector<std::string> name_seeds();
std::vector<std::string> csv_seeds();
std::vector<std::string> text_seeds();
std::vector<std::string> cifar10_seeds();
std::vector<std::string> results_table_seeds();
std::vector<std::string> checkpoint_seeds();
// link_seeds.cc
std::vector<std::string> agent_message_seeds();
std::vector<std::string> coordinator_message_seeds();
std::vector<std::string> answer_seeds();

}  // namespace evensweep::fuzz
