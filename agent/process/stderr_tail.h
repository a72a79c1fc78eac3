#pragma once

#include <deque>
#include <string>
#include <string_view>

namespace evensweep {

// The last lines of what a process wrote, whatever it wrote.
class StderrTail {
 public:
  static constexpr size_t kLines = 20;
  static constexpr size_t kBytes = 8192;

  void add(std::string_view bytes);
  // At most kLines lines and kBytes bytes, oldest first; an unfinished last line counts as one.
  std::string text() const;

 private:
  void drop_old();

  std::deque<std::string> lines_;  // the last one may be unfinished
  bool open_ = false;              // the last one is unfinished
  size_t bytes_ = 0;
};

}  // namespace evensweep
