#include "agent/process/stderr_tail.h"

namespace evensweep {

void StderrTail::add(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t end = bytes.find('\n');
    const std::string_view piece = bytes.substr(0, end == std::string_view::npos ? end : end + 1);
    if (open_)
      lines_.back() += piece;
    else
      lines_.emplace_back(piece);
    bytes_ += piece.size();
    open_ = end == std::string_view::npos;
    bytes.remove_prefix(piece.size());
    drop_old();
  }
}

void StderrTail::drop_old() {
  while (lines_.size() > kLines || (bytes_ > kBytes && lines_.size() > 1)) {
    bytes_ -= lines_.front().size();
    lines_.pop_front();
  }
  if (bytes_ <= kBytes) return;
  lines_.front().erase(0, bytes_ - kBytes);  // one endless line: its end is what matters
  bytes_ = kBytes;
}

std::string StderrTail::text() const {
  std::string text;
  text.reserve(bytes_);
  for (const std::string& line : lines_) text += line;
  return text;
}

}  // namespace evensweep
