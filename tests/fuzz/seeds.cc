// Small well-formed inputs, from the repository's examples and the tests' own.

#include <algorithm>
#include <filesystem>

#include "agent/core/trainer_contract.h"
#include "agent/trainer/checkpoint.h"
#include "common/base/file.h"
#include "common/model/json.h"
#include "tests/fuzz/target.h"
#include "tests/scenario/core_examples.h"
#include "tests/support/places.h"

namespace evensweep::fuzz {
namespace {

// Without comments, which would only make the inputs longer.
std::string without_comments(const std::string& yaml) {
  std::string text;
  for (size_t at = 0; at < yaml.size();) {
    const size_t end = std::min(yaml.find('\n', at), yaml.size() - 1);
    std::string line = yaml.substr(at, end + 1 - at);
    at = end + 1;
    if (const size_t comment = line.find(" #"); comment != std::string::npos)
      line = line.substr(0, line.find_last_not_of(' ', comment) + 1) + "\n";
    if (!line.starts_with("#") && line != "\n") text += line;
  }
  return text;
}

AttemptId attempt() { return {run_key(example_run_spec()), 1}; }

std::string line(Json event) {
  event["run"] = attempt().run.str();
  event["attempt"] = 1;
  return event.dump();
}

}  // namespace

std::vector<std::string> sweep_file_seeds() {
  std::vector<std::string> paths, seeds;
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() + "/sweeps"))
    if (entry.path().extension() == ".yaml") paths.push_back(entry.path().string());
  std::ranges::sort(paths);
  for (const std::string& path : paths) seeds.push_back(without_comments(read_file(path).value()));
  return seeds;
}

std::vector<std::string> sweep_json_seeds() {
  using namespace coordinator;
  Sweep selecting = stopping_sweep("selecting", {2, 3}, {1, 2, 4});
  selecting.analysis.selection = SelectionSpec{.seeds = {101, 102}, .keep = 2};
  Arm rounds = tpr_arm(1);
  rounds.parameters["rounds"] = 2;
  return {to_json(example_sweep()).dump(), to_json(selecting).dump(),
          to_json(small_sweep("rounds", {rounds, effective_arm(0.9)})).dump()};
}

std::vector<std::string> run_spec_seeds() {
  RunSpec rich = example_run_spec();
  rich.treatment.focal_gamma = 2;
  rich.treatment.logit_offsets = {0.5, -0.5};
  rich.treatment.epoch_rows = {30, 60};
  rich.treatment.margin = MarginSpec{.margins = {0.1, 0.2}, .scale = 30};
  rich.treatment.augmentation = ClassAugmentation{.probabilities = {0, 0.5}, .sigma = 0.1};
  return {to_json(example_run_spec()).dump(), to_json(rich).dump()};
}

std::vector<std::string> run_result_seeds() { return {to_json(example_result()).dump(), coordinator::result_text()}; }

std::vector<std::string> short_document_seeds() {
  return {'\0' + to_json(Failure{FailureClass::kDiverged, "nan", "last words"}).dump(),
          '\1' + to_json(DesignDecision{}).dump(), '\2' + to_json(example_run_spec().treatment).dump()};
}

std::vector<std::string> trainer_line_seeds() {
  return {R"({"event":"hello","contract":1,"trainer":"t 1","numerics":"evensweep-3"})",
          line({{"event", "started"}, {"resumed_at_epoch", 0}}),
          line({{"event", "progress"}, {"fraction", 0.5}, {"examples_per_second", 10}}),
          line({{"event", "finished"}}),
          line({{"event", "failed"}, {"class", "diverged"}, {"message", "nan"}}),
          line({{"event", "stopped"}})};
}

std::vector<std::string> task_line_seeds() {
  const std::string hash(64, 'a');
  const Lease lease{.attempt = attempt(), .run_spec_json = to_json(example_run_spec()).dump(), .files = {hash}};
  return {evensweep::task_line(lease, {.work_dir = "/w", .files = {{hash, "/d"}}}).value(), lease.run_spec_json};
}

std::vector<std::string> spool_entry_seeds() {
  const Json end = {{"run", std::string(64, 'a')}, {"attempt", 1}};
  Json succeeded = end, failed = end;
  succeeded["result"] = coordinator::result_text();
  failed["failure"] = to_json(Failure{FailureClass::kTrainerError, "exit 1", ""});
  return {succeeded.dump(), failed.dump()};
}

std::vector<std::string> name_seeds() {
  return {"127.0.0.1:7077",
          "[::1]:80",
          "unix:/run/e.sock",
          "localhost:0",
          "digits/tpr_weighting(gamma=2)/7",
          "digits",
          "0123abcd/0/18446744073709551615"};
}

std::vector<std::string> csv_seeds() {
  return {std::string("\0") + "x,y,label\n1,2.5,a\n-3e2,4,b\n0.5,1,a\n",
          "\1x,colour,label\n1,red,0\n2,\"bl\"\"ue\",1\n",
          std::string("\2") + "\xef\xbb\xbfx,label\r\n1,0\r\n2,1\r\nx,label\r\n3,0\r\n4,1\r\n"};
}

std::vector<std::string> text_seeds() {
  return {std::string(1, '\0') + "name,label\nAnna Müller,de\n\"O'Neil, Mr\",en\n",
          "\1name,label\nmr smith,en\nrossi,it\n", "\2name,label\nanna-maria,de\nЮлия,ru\n"};
}

std::vector<std::string> cifar10_seeds() {
  std::string records;
  for (char label = 0; label < 2; ++label) records += label + std::string(3072, '\x40');
  return {records, std::string(1, '\x09') + std::string(3072, '\0')};
}

std::vector<std::string> results_table_seeds() {
  std::string counts = "method,gamma,seed,class,correct,total\n",
              wide = "method,seed,class,baseline_correct,baseline_total,correct,total\n";
  std::string predictions = "method,seed,true,predicted\n";
  for (const char* seed : {"1", "2"})
    for (const char* truth : {"a", "b"}) {
      counts += std::string("baseline,,") + seed + "," + truth + ",7,10\n";
      counts += std::string("focal,2,") + seed + "," + truth + ",8,10\n";
      wide += std::string("focal,") + seed + "," + truth + ",7,10,8,10\n";
      for (const char* method : {"baseline", "focal"})
        for (const char* guess : {"a", "b"})
          predictions += std::string(method) + "," + seed + "," + truth + "," + guess + "\n";
    }
  return {'\5' + counts, '\377' + wide, '\20' + predictions};
}

std::vector<std::string> checkpoint_seeds() {
  Checkpoint checkpoint{.run = attempt().run, .libtorch = "2.11.0", .position = {.epoch = 2, .step = 1}};
  checkpoint.curve = example_result().curve;
  checkpoint.tensors = {{.name = "w", .dtype = "float32", .shape = {2, 1}, .bytes = "12345678"}};
  const std::string file = encode_checkpoint(checkpoint);
  const std::string inside = file.substr(16, file.size() - 16 - 64);
  const size_t end = inside.size() - 8;
  return {file, '\0' + inside.substr(0, end) + "\n" + inside.substr(end)};
}

}  // namespace evensweep::fuzz
