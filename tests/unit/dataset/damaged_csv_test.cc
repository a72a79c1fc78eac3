// Good files with random damage: each is either read in full or refused with one line that names the place.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>

#include "common/base/text.h"
#include "common/dataset/dataset.h"
#include "common/dataset/prepare.h"
#include "tests/unit/dataset/temporary_folder.h"

namespace evensweep {
namespace {

constexpr char kGood[] =
    "age,job,\"the, town\",label\n"
    "31,clerk,Bonn,yes\n"
    "?,smith,,no\n"
    "5.5,clerk,\"Aix \"\"la\"\"\",yes\r\n"
    "40,?,Bonn,no\n"
    "1e2,baker,Bonn,no\n"
    "-3,clerk,Bonn,yes\n";

DatasetSpec spec_of(const std::string& path) {
  DatasetSpec spec = csv_spec(path);
  spec.columns.categorical = {"job", "the, town"};
  spec.columns.missing = {.values = {"?", ""}, .numeric = "median", .categorical = "own_level"};
  return spec;
}

void check_whole(const Dataset& data) {
  const auto rows = static_cast<size_t>(data.rows), width = static_cast<size_t>(data.width);
  RC_ASSERT(data.labels.size() == rows);
  RC_ASSERT(data.features.size() == rows * width);
  RC_ASSERT(data.class_names.size() >= 2U);
  for (const uint16_t label : data.labels) RC_ASSERT(label < data.class_names.size());
  for (size_t at = 0; at < data.features.size(); ++at) {
    const auto levels = static_cast<float>(data.levels[at % width].size());
    if (levels > 0) RC_ASSERT(data.features[at] >= 0 && data.features[at] < levels);
  }
  const std::vector<uint32_t> first{0};
  for (const float value : prepare_table(data, first).values) RC_ASSERT(std::isfinite(value));
}

TEST(DamagedCsv, IsReadWholeOrRefusedInOneLine) {
  const TemporaryFolder folder;
  int refused = 0, read = 0;
  EXPECT_TRUE(rc::check([&](std::vector<std::pair<uint16_t, char>> changes, uint8_t cut) {
    std::string text = kGood;
    changes.resize(std::min<size_t>(changes.size(), cut % 4));
    for (const auto& [at, byte] : changes) {
      const size_t place = at % text.size();
      if (at % 3 == 0)
        text[place] = byte;
      else if (at % 3 == 1)
        text.insert(place, 1, ",\"\n?x"[static_cast<unsigned char>(byte) % 5]);
      else if (text.size() > 1)
        text.erase(place, 1);
    }
    if (cut % 8 == 7) text.resize(cut % text.size());
    const DatasetSpec spec = spec_of(folder.write("damaged.csv", text));
    const StatusOr<Dataset> data = load_dataset(spec);
    if (data.ok()) return ++read, check_whole(*data);
    ++refused;
    const std::string message(data.status().message());
    RC_ASSERT(data.status().code() == absl::StatusCode::kInvalidArgument);
    RC_ASSERT(message.starts_with(spec.train_files[0].path + ":"));
    RC_ASSERT(message.find('\n') == message.npos);
    RC_ASSERT(valid_utf8(message));
  }));
  EXPECT_GT(refused, 0);
  EXPECT_GT(read, 0) << "some damage is none, such as another digit";
}

}  // namespace
}  // namespace evensweep
