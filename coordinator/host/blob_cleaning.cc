#include "coordinator/host/blob_cleaning.h"

#include <memory>
#include <set>
#include <string>

#include "common/base/log.h"

namespace evensweep::coordinator {

BlobCleaning::BlobCleaning(Host& host, BlobFolder& blobs, const Clock& clock, Times times)
    : host_(host), blobs_(blobs), clock_(clock), times_(times), due_(clock.now() + times.every) {}

BlobCleaning::~BlobCleaning() {
  if (running_.valid()) running_.wait();
}

void BlobCleaning::look() {
  if (clock_.now() < due_) return;
  due_ = clock_.now() + times_.every;
  if (running_.valid() && running_.wait_for(std::chrono::seconds(0)) != std::future_status::ready) return;
  running_ = std::async(std::launch::async, [this] {
    const StatusOr<uint64_t> removed = clean();
    if (!removed.ok())
      log(LogLevel::kWarning, "coordinator", "files are not cleared away: " + std::string(removed.status().message()));
    else if (*removed > 0)
      log(LogLevel::kInfo, "coordinator", std::to_string(*removed) + " bytes that nothing refers to were cleared away");
  });
}

StatusOr<uint64_t> BlobCleaning::clean() {
  const int64_t before = (clock_.unix_millis() - times_.grace.count()) / 1000;
  auto answer = std::make_shared<std::promise<StatusOr<std::set<std::string>>>>();
  host_.look([answer](const StatusOr<Host::Sight>& sight) {
    answer->set_value(sight.ok() ? sight->store.referenced_blobs() : sight.status());
  });
  EV_ASSIGN_OR_RETURN(const std::set<std::string> referenced, answer->get_future().get());
  return blobs_.collect(referenced, before);
}

}  // namespace evensweep::coordinator
