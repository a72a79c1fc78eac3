#!/usr/bin/env python3
"""stopping.py DATA [--bin FOLDER] [--state FOLDER]: what stopping would have saved in real sweeps.

A pilot of many settings of satimage.yaml on seeds of its own orders them by mean of D_u over its standard deviation.
The three largest are compared with the baseline at 20 other seeds, beside nine arms: once the nine settings that showed
least in the pilot, once nine settings of noise, which hardly changes a model here. The finished sweeps are replayed.
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(__file__).parents[2]
REAL, IDLE = 3, 9
NOISE = "{method: augmentation, view: noise, a: [0.1, 0.3, 1], sigma: [0.02, 0.05, 0.1]}"

CANDIDATES = """[
{method: tpr_weighting, gamma: [0.05, 0.1, 0.25, 0.5, 1, 2, 4]},
{method: effective_number, beta: [0.9, 0.99, 0.999, 0.9999], counts: tpr},
{method: focal, gamma: [0.1, 0.25, 0.5, 1, 2, 5]},
{method: oversampling, gamma: [0.1, 1, 2, 4]}, {method: smote, gamma: [1, 2, 4]}, {method: cdb, tau: [0.1, 1, 2]},
{method: logit_adjustment, tau: [0.1, 1, 2], counts: tpr},
{method: augmentation, view: noise, a: [0.1, 1]}, recall_loss,
{method: group_dro, eta: [0.001, 0.01]}]""".replace("\n", " ")


def train(arguments: argparse.Namespace, out: pathlib.Path, *overrides: str) -> dict:
    command = [arguments.bin / "evensweep", "run", SOURCE / "sweeps" / "satimage.yaml", *overrides, "analysis={}",
               "--data", arguments.data, "--state", arguments.state, "--out", out, "-o", "quiet"]  # fmt: skip
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    if code != 0:
        sys.exit(f"stopping.py: evensweep ended with code {code}")
    return json.loads((out / "results.json").read_text())


def effect_size(arm: dict) -> float | None:
    d = [block["d_unbiased"] for block in arm["blocks"]]
    return statistics.fmean(d) / statistics.stdev(d) if any(d) else None


def as_methods(arms: list[dict]) -> str:
    return ", ".join(json.dumps({"method": arm["method"], **arm["parameters"], **arm["options"]}) for arm in arms)


def best_and_least(pilot: dict) -> tuple[list[dict], list[dict]]:
    # An arm without a size is the baseline again.
    sized = {arm["name"]: size for arm in pilot["arms"] if (size := effect_size(arm)) is not None}
    arms = sorted((arm for arm in pilot["arms"] if arm["name"] in sized), key=lambda arm: -sized[arm["name"]])
    least = sorted(arms[REAL:], key=lambda arm: abs(sized[arm["name"]]))[:IDLE]
    print("| arm | mean of D_u over its standard deviation, pilot |\n|---|---|")
    for arm in arms[:REAL] + least:
        print(f"| {arm['name']} | {sized[arm['name']]:.2f} |")
    return arms[:REAL], least


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path, default=SOURCE / "build" / "bin")
    parser.add_argument("--state", type=pathlib.Path, default=SOURCE / "results" / "evidence-state")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder)
        pilot = train(arguments, out / "pilot", f"methods={CANDIDATES}", "seeds={from: 1000, to: 1009}")
        best, least = best_and_least(pilot)
        for name, idle, seeds in (("least", as_methods(least), "20"), ("noise", NOISE, "{from: 100, to: 119}")):
            train(arguments, out / name, f"methods=[{as_methods(best)}, {idle}]", f"seeds={seeds}")
            replay = [arguments.bin / "calibrate_sequential", "--replay", out / name / "results.json"]
            subprocess.run(replay, check=True)


main()
