#pragma once
// How an input of bytes becomes a history of messages: acts one after the other, each a byte that says what it is, two
// bytes of length, and that many bytes. Long texts that must be right to the last character, such as the key of a run,
// stand in it as one character, so that changes of a byte lead from one to another.

#include <string>
#include <string_view>
#include <vector>

#include "common/model/link.h"
#include "common/model/spec.h"
#include "evensweep/v1/agent_link.pb.h"

namespace evensweep::fuzz {

struct Act {
  uint8_t kind = 0;
  std::string_view bytes;
};
std::vector<Act> acts_of(std::string_view input);
std::string act_text(uint8_t kind, std::string_view bytes);

// The sweep that the coordinator has, of a baseline and two arms at two seeds.
const Sweep& known_sweep();
// Key and spec of its baselines and of others, chosen by a character.
const std::string& known_run(char which);
const std::string& known_spec(char which);
AttemptId known_attempt(std::string_view bytes);

// Puts the long texts in the place of their characters.
void fill_in(v1::AgentMessage& message);
void fill_in(v1::CoordinatorMessage& message);
std::string filled_in(std::string_view trainer_line);

}  // namespace evensweep::fuzz
