#include "coordinator/host/blob_cleaning.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>

#include "common/base/hash.h"
#include "common/model/files.h"
#include "common/model/json.h"
#include "tests/scenario/core_examples.h"
#include "tests/unit/coordinator/served_host.h"
#include "tests/unit/coordinator/temporary_state.h"

namespace evensweep::coordinator {
namespace {

TEST(BlobCleaning, KeepsWhatASweepReadsAndWhatIsYoung) {
  const TemporaryState folder;
  const std::unique_ptr<BlobFolder> blobs = *BlobFolder::open(folder.path() + "/blobs", {});
  const auto put = [&](const std::string& bytes, std::chrono::hours age) {
    const std::string digest = sha256_hex(bytes);
    EXPECT_TRUE(blobs->write(digest, bytes.size(), 0)->append(bytes).ok());
    EXPECT_TRUE(blobs->write(digest, bytes.size(), bytes.size())->finish().ok());
    std::filesystem::last_write_time(blobs->path_of(digest), std::filesystem::file_time_type::clock::now() - age);
    return digest;
  };
  const std::string read = put("read", std::chrono::hours(1000)), young = put("young", std::chrono::hours(23)),
                    garbage = put("garbage", std::chrono::hours(25));
  ServedHost coordinator;
  Sweep sweep = small_sweep("s", {});
  for (DataFile* file : all_files(sweep.dataset, sweep.model)) file->sha256 = read;
  v1::SubmitResponse response;
  ASSERT_TRUE(submit(coordinator.channel(), to_json(sweep).dump(), response).ok());
  const SystemClock clock;
  BlobCleaning cleaning(coordinator.host(), *blobs, clock);
  const StatusOr<uint64_t> removed = cleaning.clean();
  ASSERT_TRUE(removed.ok()) << removed.status();
  EXPECT_EQ(*removed, std::string("garbage").size());
  EXPECT_TRUE(blobs->stat(read)->complete);
  EXPECT_TRUE(blobs->stat(young)->complete);
  EXPECT_FALSE(blobs->stat(garbage)->complete);
}

}  // namespace
}  // namespace evensweep::coordinator
