#pragma once
// The reactors that are alive, so that a shutdown can end each of them: a callback reactor that never calls Finish
// blocks the server for ever.

#include <mutex>
#include <set>

namespace evensweep::coordinator {

template <typename Stream>
class Streams {
 public:
  void add(Stream* stream) {
    const std::lock_guard lock(mutex_);
    live_.insert(stream);
  }
  // The last act of a stream before it is deleted.
  void remove(Stream* stream) {
    const std::lock_guard lock(mutex_);
    live_.erase(stream);
  }
  void end_all() {
    const std::lock_guard lock(mutex_);
    for (Stream* stream : live_) stream->end();
  }

 private:
  std::mutex mutex_;
  std::set<Stream*> live_;
};

}  // namespace evensweep::coordinator
