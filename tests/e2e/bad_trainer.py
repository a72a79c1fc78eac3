#!/usr/bin/env python3
"""bad_trainer.py MODE: trains nothing, and misbehaves in one run of the sweep (that of focal loss with gamma 2)."""

import json
import os
import pathlib
import signal
import subprocess
import sys
import time

NAME = "bad-trainer-1"


def write(data):
    while data:
        data = data[os.write(3, data):]


def say(event, **fields):
    write((json.dumps({"event": event, **fields}) + "\n").encode())


def result(classes, rows):
    """Everything right but a little, in every class; `rows` test examples of each."""
    counts = [[rows - 1 if i == j else int((i + 1) % classes == j) for j in range(classes)] for i in range(classes)]
    guesses = [j for row in counts for j, n in enumerate(row) for _ in range(n)]
    import base64
    import struct

    data = base64.b64encode(struct.pack(f"<{len(guesses)}H", *guesses)).decode()
    return {"validation": counts, "test": counts, "curve": [],
            "test_predictions": {"encoding": "base64/u16le", "count": len(guesses), "data": data},
            "model_parameters": 1,
            "times": {"train_seconds": 1.0, "evaluate_seconds": 0.0, "examples_per_second": 1.0,
                      "finished_at": "2026-01-01T00:00:00Z"},
            "environment": {"trainer": NAME, "libtorch": "none", "device": "cpu", "threads": 1}}  # fmt: skip


def misbehave(mode, folder, who, good):
    """What the mode does in place of a result. It may return: then the run is told as finished."""
    text = json.dumps(good)
    if mode == "garbage":
        write(b"\xff\x00 this is no event\n")
    if mode == "huge_line":  # 1 GB without a line's end
        for _ in range(1024):
            write(b"x" * (1 << 20))
    if mode == "early_exit":
        sys.exit(7)
    if mode == "closes_events":
        os.close(3)
        time.sleep(3600)
    if mode == "wrong_run":
        say("finished", run="0" * 64, attempt=1)
        time.sleep(3600)
    if mode == "ignores_term":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        write(b"garbage, so that it is stopped\n")
        time.sleep(3600)
    if mode == "orphan":  # a child that would outlive it
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"], start_new_session=False)
        sys.exit(7)
    if mode == "floods":
        for _ in range(2000):
            os.write(2, b"something is wrong with me " * 100 + b"\n")
        sys.exit(7)
    if mode == "wrong_shape":
        text = json.dumps({**good, "test": [row[:-1] for row in good["test"][:-1]]})
    if mode == "nan":
        text = text.replace(str(good["test"][0][0]), "NaN", 1)
    if mode == "fewer_examples":
        text = json.dumps(result(len(good["test"]), 3))
    if mode == "huge_result":
        text = " " * (60 << 20) + text
    if mode != "no_result":
        (folder / "result.json").write_text(text)
    say("finished", **who)


def main():
    mode = sys.argv[1]
    if mode == "other_name":
        say("hello", contract=1, trainer="t", numerics="somebody-else")
    elif mode == "no_hello":
        sys.exit("a library is missing")
    else:
        say("hello", contract=1, trainer=NAME, numerics=NAME)
    for line in sys.stdin:
        task = json.loads(line)
        for item in task["runs"]:
            who = {"run": item["run"], "attempt": item["attempt"]}
            say("started", **who, resumed_at_epoch=0)
            folder = pathlib.Path(task["work_dir"], item["run"])
            classes = len(item["spec"]["treatment"]["class_weights"])
            good = result(classes, int(sys.argv[2]))
            if item["spec"]["treatment"]["focal_gamma"] == 2:
                misbehave(mode, folder, who, good)
                continue
            (folder / "result.json").write_text(json.dumps(good))
            say("finished", **who)


main()
