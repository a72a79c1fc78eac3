#!/usr/bin/env python3
"""page_time.py [--seeds N] [--arms N]: how long the dashboard's pages of a large sweep take, and how soon an event is told.

Trains a sweep of (arms + 1) x seeds trials with the no-op trainer of the tests, then asks for each page over a connection
that is kept, 20 times, and prints median and worst in milliseconds. At last, with a page's events open, pauses the sweep and
prints how long until the event that tells of it has come. Builds nothing: needs evensweep and fake_trainer in
$EVENSWEEP_BIN_DIR (build/bin).
"""

import argparse
import http.client
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).parents[3]
BIN = pathlib.Path(os.environ.get("EVENSWEEP_BIN_DIR", ROOT / "build" / "bin")).absolute()
ASKED = 20


def start(folder, name, *arguments):
    ready = folder / f"{name}.ready"
    with open(folder / f"{name}.log", "w", encoding="utf-8") as log:
        child = subprocess.Popen([BIN / "evensweep", *arguments, "--ready-file", ready], stdout=log, stderr=log)
    while not ready.exists():
        if child.poll() is not None:
            sys.exit((folder / f"{name}.log").read_text())
        time.sleep(0.01)
    return child, ready.read_text().split()


def sweep_file(folder, arms, seeds):
    data = ROOT / "sweeps" / "data" / "digits.csv"
    gammas = ", ".join(str(1 + i / 1000) for i in range(arms))
    file = folder / "large.yaml"
    file.write_text(f"version: 1\nname: large\n"
                    f"dataset: {{format: csv, path: {data}, split: {{train: 0.6, validation: 0.2, test: 0.2}}}}\n"
                    "model: {name: mlp, hidden: [16]}\n"
                    "training: {epochs: 1, batch_size: 64, lr: 0.05, threads: 1}\n"
                    f"seeds: {seeds}\nmethods: [{{method: focal, gamma: [{gammas}]}}]\n")
    return file


def times(connection, path):
    taken, size = [], 0
    for _ in range(ASKED):
        begin = time.perf_counter()
        connection.request("GET", path, headers={"Accept": "text/html"})
        answer = connection.getresponse()
        size = len(answer.read())
        taken.append(1000 * (time.perf_counter() - begin))
        if answer.status != 200:
            sys.exit(f"{path}: {answer.status}")
    return statistics.median(taken), max(taken), size


def event_seconds(site, path, act):
    """Until the first event after `act` that says "paused"."""
    connection = http.client.HTTPConnection(site.hostname, site.port, timeout=30)
    connection.request("GET", path)
    stream = connection.getresponse()
    while stream.readline().strip():  # the state as it stands
        pass
    begin = time.perf_counter()
    act()
    acted = time.perf_counter()
    while b"paused" not in stream.readline():
        pass
    return time.perf_counter() - begin, acted - begin


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--arms", type=int, default=99)
    parser.add_argument("--seeds", type=int, default=100)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="evensweep-pages.") as name:
        folder = pathlib.Path(name)
        coordinator, addresses = start(folder, "coordinator", "coordinator", "--listen", "127.0.0.1:0", "--http",
                                       "127.0.0.1:0", "--state", folder / "state")
        os.environ["EVENSWEEP_COORDINATOR"] = addresses[0]
        site = urllib.parse.urlparse(addresses[-1])
        agent, _ = start(folder, "agent", "agent", "--coordinator", addresses[0], "--dir", folder / "agent", "--slots",
                         "2", "--trainer", BIN / "fake_trainer")
        try:
            submit = [BIN / "evensweep", "submit", sweep_file(folder, options.arms, options.seeds), "-o", "quiet"]
            sweep = subprocess.run(submit, check=True, text=True, capture_output=True).stdout.strip()
            subprocess.run([BIN / "evensweep", "wait", sweep], check=True, capture_output=True)
            print(f"{(options.arms + 1) * options.seeds} trials; {ASKED} requests each")
            print(f"{'page':12} {'median ms':>10} {'worst ms':>10} {'KiB':>8}")
            connection = http.client.HTTPConnection(site.hostname, site.port, timeout=30)
            for page in ("", "/trials", "/failures", "/timeline"):
                median, worst, size = times(connection, f"/sweeps/{sweep}{page}")
                print(f"{page or '/sweeps/ID':12} {median:10.1f} {worst:10.1f} {size / 1024:8.0f}")
            for page in (f"/trials/{sweep[:12]}/1/1", "/"):
                median, worst, size = times(connection, page)
                print(f"{'trial' if page != '/' else '/':12} {median:10.1f} {worst:10.1f} {size / 1024:8.0f}")
            agent.terminate()
            agent.wait()
            other = [BIN / "evensweep", "submit", sweep_file(folder, options.arms, options.seeds + 1), "-o", "quiet"]
            larger = subprocess.run(other, check=True, text=True, capture_output=True).stdout.strip()
            pause = [BIN / "evensweep", "pause", larger]
            whole, command = event_seconds(site, f"/sweeps/{larger}/live",
                                           lambda: subprocess.run(pause, check=True, capture_output=True))
            print(f"event: {whole:.3f} s after the command to pause was started, which itself took {command:.3f} s")
        finally:
            for child in (agent, coordinator):
                child.terminate()
                child.wait()


if __name__ == "__main__":
    main()
