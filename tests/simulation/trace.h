#pragma once
// What happened in a simulation, as a hash that tells two histories apart, and for people as lines.

#include <cstdint>
#include <string>
#include <string_view>

#include "agent/core/events.h"
#include "coordinator/core/step.h"

namespace evensweep::simulation {

// One thing that happened: what it was, of which run or agent, and with which number.
struct Mark {
  std::string_view what;
  std::string_view whose = {};
  uint64_t number = 0;
};

class Trace {
 public:
  explicit Trace(bool printed) : printed_(printed) {}

  void note(int64_t now, std::string_view who, const Mark& mark) {
    mix(static_cast<uint64_t>(now));
    mix(who);
    mix(mark.what);
    mix(mark.whose);
    mix(mark.number);
    if (printed_) print(now, who, mark);
  }
  bool printed() const { return printed_; }
  uint64_t hash() const { return hash_; }

 private:
  // FNV-1a, a word at a time.
  void mix(uint64_t word) { hash_ = (hash_ ^ word) * 0x100000001b3 ^ hash_ >> 29; }
  void mix(std::string_view text) {
    for (size_t at = 0; at < text.size(); at += 8) {
      uint64_t word = 0;
      for (size_t i = at; i < text.size() && i < at + 8; ++i) word = word << 8 | static_cast<uint8_t>(text[i]);
      mix(word);
    }
    mix(text.size());
  }
  static void print(int64_t now, std::string_view who, const Mark& mark);

  bool printed_;
  uint64_t hash_ = 0xcbf29ce484222325;
};

Mark mark_of(const Update& update);
Mark mark_of(const AgentMessage& message);
Mark mark_of(const CoordinatorMessage& message);
Mark mark_of(const AgentEvent& event);
Mark mark_of(const AgentEffect& effect);
Mark mark_of(const coordinator::Event& event);
Mark mark_of(const coordinator::Effect& effect);

}  // namespace evensweep::simulation
