#include "agent/link/spool_writer.h"

#include <algorithm>
#include <set>
#include <utility>

namespace evensweep {

SpoolWriter::SpoolWriter(Spool spool, std::function<void(std::vector<Written>)> done, Duration retry)
    : spool_(std::move(spool)), done_(std::move(done)), retry_(retry), thread_([this] { run(); }) {}

SpoolWriter::~SpoolWriter() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

void SpoolWriter::write(Update end) {
  const std::lock_guard lock(mutex_);
  ends_.push_back(std::move(end));
}

void SpoolWriter::wake() { changed_.notify_all(); }

// Nobody waits for it: it goes with the next ends, or when the thread wakes for another reason.
void SpoolWriter::forget(const AttemptId& attempt) {
  const std::lock_guard lock(mutex_);
  forgotten_.push_back(attempt);
}

void SpoolWriter::run() {
  bool closing = false;
  while (!closing) {
    std::vector<Update> ends;
    std::vector<AttemptId> forgotten;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, retry_, [this] { return closing_ || !ends_.empty(); });
      ends.swap(ends_);
      forgotten.swap(forgotten_);
      closing = closing_;
    }
    if (!ends.empty() || !forgotten.empty() || !failed_.empty() || !failed_forgets_.empty())
      write_batch(std::move(ends), std::move(forgotten));
  }
}

void SpoolWriter::write_batch(std::vector<Update> ends, std::vector<AttemptId> forgotten) {
  forgotten.insert(forgotten.end(), failed_forgets_.begin(), failed_forgets_.end());
  const std::set<AttemptId> gone(forgotten.begin(), forgotten.end());
  std::erase_if(failed_, [&gone](const Update& end) { return gone.contains(end.attempt); });
  std::vector<Written> written;
  for (const Update& end : ends) written.push_back({end.attempt, {}});
  std::vector<Update> all = std::move(failed_);
  std::move(ends.begin(), ends.end(), std::back_inserter(all));
  failed_.clear();
  failed_forgets_.clear();
  const Status status = spool_.write(all, forgotten);
  if (!status.ok()) {
    failed_ = std::move(all);
    failed_forgets_ = std::move(forgotten);
    for (Written& one : written) one.error = std::string(status.message());
  }
  if (!written.empty()) done_(std::move(written));
}

}  // namespace evensweep
