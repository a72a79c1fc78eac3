#!/usr/bin/env python3
"""learning.py DATA [--bin FOLDER] [--state FOLDER] [--only NAME...]: what the built-in networks learn unweighted.

Trains the baselines of the ready sweeps with the real programs on the real data below DATA and writes
docs/evidence/learning.md: true positive rates of every class, their spread, and the order of the classes. What was
trained before is not trained again (--state keeps it).
"""

import argparse
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
from typing import NamedTuple

SOURCE = pathlib.Path(__file__).parents[2]
PAGE = SOURCE / "docs" / "evidence" / "learning.md"


# A sweep needs an arm. With beta 0 all weights are 1: the baseline's own runs, and nothing more to train.
IDENTITY = "methods=[{method: effective_number, beta: 0}]"


class Record(NamedTuple):
    name: str
    title: str
    sweep: str
    seeds: int
    overrides: list[str]


# The author's settings for images are Adam 1e-3, batches of 512, 20 epochs, a rate of 0.925 of the last every 100 steps,
# no augmentation, on 40,000 images. A fifth of the images gets the steps of 20 epochs here, not the same number of epochs.
RECORDS = [
    Record("peifer_cnn", "CIFAR-10, `peifer_cnn`, the author's settings", "cifar10-small.yaml", 2,
           ["training.epochs=30", "training.batch_size=512", "training.augmentation={}",
            "training.schedule={name: exponential, every: 100, factor: 0.925}"]),
    Record("resnet20", "CIFAR-10, `resnet20`", "cifar10-small.yaml", 2,
           ["model=resnet20", "training={epochs: 24, batch_size: 128, optimizer: sgd, lr: 0.1, weight_decay: 0.0005, "
            "schedule: {name: one_cycle}, augmentation: {flip: true, crop: 4}, precision: bf16, channels_last: true, "
            "threads: 1}"]),
    Record("names", "Names of 20 nationalities, `conv_lstm`", "names.yaml", 2, []),
    Record("satimage", "Satellite images, `mlp`", "satimage.yaml", 10, []),
]  # fmt: skip


def train(record: Record, arguments: argparse.Namespace, out: pathlib.Path) -> dict:
    command = [arguments.bin / "evensweep", "run", SOURCE / "sweeps" / record.sweep, IDENTITY,
               "analysis={}", f"seeds={record.seeds}", *record.overrides, "--data", arguments.data, "--out", out,
               "--state", arguments.state, "-o", "quiet"]  # fmt: skip
    code = subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode
    if code != 0:
        sys.exit(f"learning.py: {record.name}: evensweep ended with code {code}")
    return json.loads((out / "results.json").read_text())


def tprs(run: dict) -> list[float]:
    return [row[c] / sum(row) for c, row in enumerate(run["test"])]


def table(record: Record, results: dict) -> str:
    runs = [run for run in results["runs"] if run["state"] == "finished"]
    names = results["sweep"]["classes"]["names"]
    by_run = [tprs(run) for run in runs]
    mean = [statistics.fmean(column) for column in zip(*by_run)]
    spread = [statistics.pvariance(row) for row in by_run]
    accuracy = [sum(run["test"][c][c] for c in range(len(names))) / sum(map(sum, run["test"])) for run in runs]
    split = results["sweep"]["classes"]
    seconds = statistics.fmean(run["times"]["train_seconds"] for run in runs)
    lines = [f"## {record.title}", "",
             f"{sum(split['train']):,} training, {sum(split['validation']):,} validation and {sum(split['test']):,} test "
             f"examples; {runs[0]['model_parameters']:,} parameters; {results['sweep']['training']['epochs']} epochs; "
             f"{len(runs)} seeds; {seconds:.0f} s for a training.", "",
             f"Accuracy {100 * statistics.fmean(accuracy):.2f} %, Var(s) {1e4 * statistics.fmean(spread):.1f} pp² "
             f"({1e4 * min(spread):.1f} to {1e4 * max(spread):.1f} over the seeds), s the TPRs on the test examples.", "",
             "| class, worst first | TPR, mean over seeds, % | least | most |", "|---|---|---|---|"]  # fmt: skip
    for c in sorted(range(len(names)), key=lambda c: mean[c]):
        column = [100 * row[c] for row in by_run]
        lines.append(f"| {names[c]} | {100 * mean[c]:.1f} | {min(column):.1f} | {max(column):.1f} |")
    return "\n".join(lines)


HEAD = """\
# What the built-in networks learn

True positive rates of baselines, trained unweighted with the programs of this version by
`tests/evidence/learning.py DATA` (each heading is a ready sweep with other settings, which the script names). The
author's own table (Peifer 2021, 40,000 of the CIFAR-10 training images) has accuracy 81.02 %, Var(s) 71.4 pp²; worst
cat (65.4 %), bird (70.9 %), dog (72.4 %), best automobile (92.8 %). For names of five nationalities it has american
worst (57.5 %) and a spread of 112.1 pp². Here CIFAR-10 is data_batch_1 with the official test batch: a fifth of the
training images, so that rates are lower; the order of the classes is what can be compared.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("--bin", type=pathlib.Path, default=SOURCE / "build" / "bin")
    parser.add_argument("--state", type=pathlib.Path, default=SOURCE / "results" / "evidence-state")
    parser.add_argument("--only", nargs="*", choices=[record.name for record in RECORDS])
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        parts = [table(record, train(record, arguments, pathlib.Path(folder) / record.name))
                 for record in RECORDS if not arguments.only or record.name in arguments.only]  # fmt: skip
    page = HEAD + "\n" + "\n\n".join(parts) + "\n"
    if arguments.only:
        print(page)
    else:
        PAGE.write_text(page)


main()
