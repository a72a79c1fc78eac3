#pragma once
// Clears away files of the coordinator's store that nothing refers to any more, on a thread of its own.

#include <atomic>
#include <future>

#include "common/base/blob_folder.h"
#include "common/base/clock.h"
#include "coordinator/host/host.h"

namespace evensweep::coordinator {

class BlobCleaning {
 public:
  // Files that were asked for within `grace` stay in any case: one is sent before the sweep that names it.
  struct Times {
    Duration every{3'600'000}, grace{24 * 3'600'000};
  };

  // `host`, `blobs` and `clock` must live longer, and the host must run until this has gone.
  BlobCleaning(Host& host, BlobFolder& blobs, const Clock& clock, Times times);
  BlobCleaning(Host& host, BlobFolder& blobs, const Clock& clock) : BlobCleaning(host, blobs, clock, Times()) {}
  ~BlobCleaning();

  // Begins if it is time; returns at once.
  void look();
  // Once, now. The number of bytes removed.
  StatusOr<uint64_t> clean();

 private:
  Host& host_;
  BlobFolder& blobs_;
  const Clock& clock_;
  Times times_;
  TimePoint due_;
  std::future<void> running_;
};

}  // namespace evensweep::coordinator
