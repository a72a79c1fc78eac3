#pragma once
// Virtual time: what is planned happens in the order of its time, and of its planning where times are equal.

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

namespace evensweep::simulation {

class Loop {
 public:
  int64_t now() const { return now_; }  // ms
  bool empty() const { return queue_.empty(); }

  void at(int64_t time, std::function<void()> what) {
    queue_.push_back({std::max(time, now_), ++planned_, std::move(what)});
    std::push_heap(queue_.begin(), queue_.end(), later);
  }
  void after(int64_t delay, std::function<void()> what) { at(now_ + delay, std::move(what)); }

  void step() {
    std::pop_heap(queue_.begin(), queue_.end(), later);
    const Planned next = std::move(queue_.back());
    queue_.pop_back();
    now_ = next.at;
    next.what();
  }

 private:
  struct Planned {
    int64_t at = 0;
    uint64_t order = 0;
    std::function<void()> what;
  };
  static bool later(const Planned& a, const Planned& b) { return std::pair(a.at, a.order) > std::pair(b.at, b.order); }

  int64_t now_ = 0;
  uint64_t planned_ = 0;
  std::vector<Planned> queue_;
};

// A node's own monotonic clock: it began sometime, and may go a little wrong.
struct NodeClock {
  int64_t began = 0;
  int64_t drift = 0;  // parts per million
  int64_t stood = 0;  // so long it stood still

  int64_t local(int64_t now) const { return began + now - stood + (now - stood) * drift / 1'000'000; }
  // The first time at which the clock shows `shown` or more.
  int64_t global(int64_t shown) const {
    const int64_t gone = shown - began;
    int64_t now = gone - gone * drift / (1'000'000 + drift) + stood - 2;
    while (local(now) < shown) ++now;
    return now;
  }
};

}  // namespace evensweep::simulation
