#include "agent/core/failure_text.h"

#include <csignal>
#include <cstdint>
#include <utility>

namespace evensweep {
namespace {

constexpr size_t kMaxTail = 8192;

// Length of the well-formed UTF-8 sequence at the start of `bytes`, 0 if there is none. Table 3-7 of the Unicode
// standard: no overlong forms, no surrogates, nothing above U+10FFFF.
size_t sequence_length(std::string_view bytes) {
  const auto at = [&](size_t i) { return i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : uint8_t{0}; };
  const auto follows = [&](size_t i) { return at(i) >= 0x80 && at(i) <= 0xbf; };
  const uint8_t first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return follows(1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const bool second = follows(1) && !(first == 0xe0 && at(1) < 0xa0) && !(first == 0xed && at(1) > 0x9f);
    return second && follows(2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const bool second = follows(1) && !(first == 0xf0 && at(1) < 0x90) && !(first == 0xf4 && at(1) > 0x8f);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

bool is_control(char c) { return (static_cast<uint8_t>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f; }

const char* signal_name(int signal) {
  constexpr std::pair<int, const char*> kNames[] = {
      {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},   {SIGHUP, "SIGHUP"},   {SIGILL, "SIGILL"},
      {SIGINT, "SIGINT"},   {SIGKILL, "SIGKILL"}, {SIGPIPE, "SIGPIPE"}, {SIGSEGV, "SIGSEGV"}, {SIGTERM, "SIGTERM"},
  };
  for (const auto& [number, name] : kNames)
    if (number == signal) return name;
  return "another signal";
}

}  // namespace

std::string clean_text(std::string_view bytes, size_t most) {
  std::string text;
  while (!bytes.empty()) {
    const size_t length = sequence_length(bytes);
    const std::string_view piece = length == 0 || is_control(bytes[0]) ? "?" : bytes.substr(0, length);
    if (text.size() + piece.size() > most) break;
    text += piece;
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

std::string clean_line(std::string_view bytes, size_t most) {
  std::string text = clean_text(bytes, most);
  for (char& c : text)
    if (c == '\n' || c == '\t') c = ' ';
  return text;
}

std::string name_of(const AttemptId& attempt) {
  return "run " + std::string(attempt.run.brief()) + " attempt " + std::to_string(attempt.number);
}

std::string exit_text(ExitStatus exit) {
  if (!exit.by_signal) return "exited with code " + std::to_string(exit.number);
  return "was killed by signal " + std::to_string(exit.number) + " (" + signal_name(exit.number) + ")";
}

Failure failure_of_exit(ExitStatus exit, std::string_view stderr_tail) {
  Failure failure{FailureClass::kTrainerError, "the trainer " + exit_text(exit) + " while training",
                  clean_text(stderr_tail, kMaxTail)};
  if (exit.by_signal && exit.number == SIGKILL) {
    failure.failure = FailureClass::kOutOfMemory;
    failure.message =
        "the trainer was killed by signal 9 (SIGKILL), most likely by the kernel for lack of memory; "
        "use fewer slots, a smaller batch or a larger machine";
  }
  return failure;
}

}  // namespace evensweep
