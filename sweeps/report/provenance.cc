#include "common/base/hash.h"
#include "sweeps/report/exports.h"

namespace evensweep {
namespace {

Json copy(View value) {
  if (!value.text().empty()) return value.text();
  return value.number() ? Json(value.integer()) : Json();
}

Json data_files(View results) {
  Json files = Json::array();
  const View dataset = results["sweep"]["dataset"];
  for (const char* role : {"train_files", "validation_files", "test_files"})
    for (const View& file : dataset[role].items())
      files.push_back({{"file", copy(file["path"])}, {"sha256", copy(file["sha256"])}, {"role", role}});
  if (const View file = results["sweep"]["model"]["file"]; !file.absent())
    files.push_back({{"file", copy(file["path"])}, {"sha256", copy(file["sha256"])}, {"role", "model"}});
  const View table = results["table"];
  if (!table.absent())
    files.push_back({{"file", copy(table["file"])}, {"sha256", copy(table["sha256"])}, {"role", "table"}});
  return files;
}

Json trainers(View results) {
  Json list = Json::array();
  for (const View& at : results["environment"]["trainers"].items()) {
    Json trainer = Json::object();
    for (const char* name : {"trainer", "libtorch", "device", "threads", "runs"}) trainer[name] = copy(at[name]);
    list.push_back(std::move(trainer));
  }
  return list;
}

Json digests(const std::vector<ReportFile>& files) {
  Json list = Json::array();
  for (const ReportFile& file : files) list.push_back({{"file", file.path}, {"sha256", sha256_hex(file.content)}});
  return list;
}

}  // namespace

std::string provenance_json(const ResultsIndex& index, const std::vector<ReportFile>& files) {
  const View root = index.root();
  const Json json = {{"schema", "evensweep-provenance"},
                     {"schema_version", 1},
                     {"sweep", copy(root["sweep"]["name"])},
                     {"sweep_id", copy(root["sweep_id"])},
                     {"data", data_files(root)},
                     {"program", copy(root["environment"]["program"])},
                     {"trainers", trainers(root)},
                     {"first_finished_at", copy(root["times"]["first_finished_at"])},
                     {"last_finished_at", copy(root["times"]["last_finished_at"])},
                     {"files", digests(files)}};
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace evensweep
