#pragma once
// What coordinator and agent log while they work inside of `run`: told as messages between two drawings of the progress
// bar, each text once, instead of as log lines across it.

#include <cstddef>
#include <mutex>
#include <set>
#include <string>
#include <vector>

namespace evensweep {

class Remarks {
 public:
  // Takes the log lines of this process for as long as it lives.
  Remarks();
  ~Remarks();
  Remarks(const Remarks&) = delete;
  Remarks& operator=(const Remarks&) = delete;

  // From any thread. Beyond the first few, further texts are only counted.
  void add(const std::string& text);
  // What has come since the last call; after the limit one line says that there was more.
  std::vector<std::string> take();

 private:
  static constexpr size_t kMost = 10;

  std::mutex mutex_;  // guards the rest
  std::set<std::string> seen_;
  std::vector<std::string> fresh_;
};

}  // namespace evensweep
