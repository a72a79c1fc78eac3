#!/usr/bin/env python3
"""Tests the simulation: plants bugs and demands that it finds each of them.

mutants.py list                        NAME;FILE of every mutant, one a line, for CMake
mutants.py write ROOT NAME OUT         FILE of ROOT with the bug planted, into the file OUT
mutants.py run BIN_DIR [SEEDS]         runs BIN_DIR/mutant_NAME over seeds 1..SEEDS (2000) and prints what was found

A mutant replaces one piece of text in one source file; a piece that is not there exactly once is an error, so that no
mutant is lost when the code changes. `cmake --build BUILD --target mutants` builds them all.
"""

import pathlib
import re
import subprocess
import sys
import time
from typing import NamedTuple


class Mutant(NamedTuple):
    name: str
    file: str
    text: str
    planted: str


AGENTS = "coordinator/core/agents.cc"
LEASES = "coordinator/core/leases.cc"
SWEEPS = "coordinator/core/sweeps.cc"
AGENT_CORE = "agent/core/agent_core.cc"
HOST = "tests/simulation/coordinator.cc"

MUTANTS = [
    Mutant("any_token_of_the_agent_counts", LEASES,
           "runs_[run].state == RunState::kLeased && runs_[run].last_attempt == number &&\n"
           "         runs_[run].holder == agent.number;",
           "runs_[run].state == RunState::kLeased && runs_[run].holder == agent.number;"),
    Mutant("any_agent_may_speak", LEASES,
           "if (number == runs_[run].last_attempt) return number > 0 && runs_[run].holder == agent.number;",
           "if (number == runs_[run].last_attempt) return number > 0;"),
    Mutant("any_agent_delivers_results", AGENTS,
           "if (!was_given(run, number, agent)) return",
           "if (!was_given(run, number, agent) && (!std::holds_alternative<Succeeded>(update.what) ||\n"
           "                                         number == 0 || number > runs_[run].last_attempt))\n    return"),
    Mutant("earlier_holders_are_forgotten", LEASES,
           "  if (run.last_attempt > 0) earlier_holders_[{id, run.last_attempt}] = run.holder;\n", ""),
    Mutant("earlier_holders_are_lost_at_a_restart", "coordinator/core/core.cc",
           "    if (run.last_attempt > 0) earlier_holders_[{attempt.run, run.last_attempt}] = run.holder;\n", ""),
    Mutant("attempt_number_is_used_again", LEASES,
           "  run.lost = false;\n  if (run.last_attempt > 0) earlier_holders_[{id, run.last_attempt}] = run.holder;\n"
           "  ++run.last_attempt;",
           "  if (!run.lost) ++run.last_attempt;\n  run.lost = false;"),
    Mutant("lease_is_renewed_after_it_was_lost", AGENTS,
           "attempt.number == runs_[run].last_attempt && runs_[run].lost &&\n"
           "        was_given(run, attempt.number, agent))", "attempt.number > 0)"),
    Mutant("closed_run_takes_a_result", AGENTS,
           "const bool open = state == RunState::kWaiting || state == RunState::kLeased;",
           "const bool open = state != RunState::kFinished;"),
    Mutant("lost_attempts_are_not_missed", AGENTS,
           "    if (!kept.contains(run))\n", "    if (!kept.contains(run) && reborn)\n"),
    Mutant("newer_attempt_is_forgotten", AGENTS,
           "if (runs_[run].state == RunState::kLeased && runs_[run].last_attempt != number) {",
           "if (runs_[run].state == RunState::kLeased && runs_[run].last_attempt < number) {"),
    Mutant("examples_are_not_counted", AGENTS,
           "if (sweep.trainer == kTrainerNumerics) return absl::OkStatus();",
           "if (!sweep.trainer.empty()) return absl::OkStatus();"),
    Mutant("trained_is_counted_for_each_trial", "coordinator/core/runs.cc",
           "each_sweep(run, [](SweepState& state) { ++state.trained; });",
           "for (const TrialRef& trial : runs_[run].trials) ++sweeps_[trial.sweep].trained;"),
    Mutant("one_retry_too_many", "coordinator/core/retry.cc",
           "charges.trainer_errors <= kMostTrainerRetries", "charges.trainer_errors <= kMostTrainerRetries + 1"),
    Mutant("memory_is_tried_once_more", "coordinator/core/retry.cc",
           "charges.out_of_memory <= kMostMemoryRetries", "charges.out_of_memory <= kMostMemoryRetries + 1"),
    Mutant("dependents_are_lost_at_a_restart", "coordinator/core/expand.cc",
           "  fetch_for_dependents(state, seed, step);\n  return true;", "  static_cast<void>(step);\n  return true;"),
    Mutant("decisions_are_lost_at_a_restart", "coordinator/core/core.cc",
           "begin_stages(state, stored.decisions);", "begin_stages(state, {});"),
    Mutant("paused_sweep_goes_on_after_a_restart", "coordinator/core/core.cc",
           "  state.wish = stored.wish;\n", ""),
    Mutant("forgiven_failures_come_back_at_a_restart", "coordinator/core/core.cc",
           "attempt.failure && !attempt.forgiven && ", "attempt.failure && "),
    Mutant("failures_are_forgiven_again", LEASES,
           "if (std::exchange(failed.forgiven, true) || failed.attempt", "if (failed.attempt"),
    Mutant("attempt_that_ended_counts_as_lost_after_a_restart", "coordinator/core/core.cc",
           "run.lost = attempt.lost;", "run.lost = attempt.failure == FailureClass::kInfrastructure;"),
    Mutant("lease_for_who_is_silent", LEASES,
           "if (!suspect && grant_one(", "static_cast<void>(suspect);\n    if (grant_one("),
    Mutant("lease_for_who_is_going", AGENTS,
           "[&](const Draining&) { agent->going = true; }", "[](const Draining&) {}"),
    Mutant("lease_ends_too_early", LEASES,
           "agent.expires = now + by;", "agent.expires = now + by / 4;"),
    Mutant("request_is_done_twice", SWEEPS,
           "if (!requests_.insert(request).second) return false;", "requests_.insert(request);"),
    Mutant("cancelled_lease_lives_on", SWEEPS,
           "    end_lease(run);\n    make_ready(run);\n", ""),
    Mutant("end_is_not_told_again", AGENT_CORE,
           "ended != nullptr && ended->may_send)", "ended != nullptr && !ended->may_send)"),
    Mutant("end_is_told_before_it_is_spooled_and_lost", AGENT_CORE,
           "  if (ended == nullptr || ended->may_send) return;\n  if (!event.error.empty())",
           "  if (ended == nullptr || ended->may_send) return;\n  if (!event.error.empty()) return;\n"
           "  if (!event.error.empty())"),
    Mutant("spool_is_emptied_before_the_acknowledgement", AGENT_CORE,
           "  if (spooled)\n    step_.effects.push_back(SpoolEnd{std::move(update)});\n  else",
           "  if (spooled) {\n    step_.effects.push_back(SpoolEnd{std::move(update)});\n"
           "    step_.effects.push_back(ForgetEnd{attempt});\n  } else"),
    Mutant("cancelled_training_goes_on", AGENT_CORE,
           "    if (slot.phase == Phase::kBusy) terminate(slot, std::nullopt);\n    return;", "    return;"),
    Mutant("acknowledged_before_the_commit", HOST,
           "  const Fate fate = this->fate();\n",
           "  carry_out(together_.effects.size());\n  const Fate fate = this->fate();\n"),
    Mutant("acted_upon_though_the_commit_failed", HOST,
           "    return fail();\n", "    carry_out(together_.effects.size());\n    return fail();\n"),
]


def planted(root: pathlib.Path, mutant: Mutant) -> str:
    text = (root / mutant.file).read_text(encoding="utf-8")
    if text.count(mutant.text) != 1:
        sys.exit(f"mutants.py: {mutant.name}: its text is in {mutant.file} {text.count(mutant.text)} times, "
                 "not once; write it anew")
    return text.replace(mutant.text, mutant.planted)


def write(root: str, name: str, out: str) -> int:
    mutant = next(mutant for mutant in MUTANTS if mutant.name == name)
    pathlib.Path(out).write_text(planted(pathlib.Path(root), mutant), encoding="utf-8")
    return 0


def finding(output: str) -> str:
    """What stopped the simulation: its seed, and what was violated."""
    seed = re.search(r"^seed (\d+)(?:: (.*)| aborted)$", output, re.MULTILINE)
    if seed is None:
        return "?  " + output.strip().splitlines()[-1] if output.strip() else "?"
    broken = re.search(r"invariant broken: (.*)", output)
    what = seed[2] or (broken[1] if broken else "aborted")
    return f"{seed[1]:>5}  {what}"


def run(bin_dir: str, seeds: str = "2000") -> int:
    survivors = []
    for mutant in MUTANTS:
        begin = time.monotonic()
        program = pathlib.Path(bin_dir) / f"mutant_{mutant.name}"
        result = subprocess.run([program, "--seeds", f"1..{seeds}"], capture_output=True, text=True, check=False)
        found = result.returncode != 0
        survivors += [] if found else [mutant.name]
        what = finding(result.stdout + result.stderr) if found else "NOT FOUND"
        print(f"{mutant.name:<46}{time.monotonic() - begin:6.1f} s  seed {what}", flush=True)
    print(f"{len(MUTANTS) - len(survivors)} of {len(MUTANTS)} planted bugs found within {seeds} seeds")
    return 1 if survivors else 0


def main(arguments: list[str]) -> int:
    if arguments == ["list"]:
        print("\n".join(f"{mutant.name};{mutant.file}" for mutant in MUTANTS))
        return 0
    if len(arguments) == 4 and arguments[0] == "write":
        return write(*arguments[1:])
    if len(arguments) in (2, 3) and arguments[0] == "run":
        return run(*arguments[1:])
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
