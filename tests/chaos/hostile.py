#!/usr/bin/env python3
"""Slow sockets and clocks that jump, against real programs.

    tests/chaos/hostile.py

500 connections that begin HTTP/2 and say no more, or say nonsense, must not keep a client waiting: each of its calls is
answered within a second, and the coordinator neither ends nor grows to twice its size. And when the clock of a
coordinator or of an agent jumps by an hour, either way, no lease is lost and no run started again. The jumps need
libfaketime (Debian's package faketime), which moves the wall clock of one process; without it they are left out.
"""

import argparse
import glob
import json
import pathlib
import shutil
import socket
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from chaos import attempts, check_single  # noqa: E402
from cluster import Cluster, noop_sweep  # noqa: E402

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
SETTINGS = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
HALVES = [b"", PREFACE[:10], PREFACE, PREFACE + SETTINGS[:4], PREFACE + SETTINGS,
          PREFACE + SETTINGS + b"\x00\x40\x00\x01\x04\x00\x00\x00\x01half of a header block",  # HEADERS of 16 KiB
          b"GET / HTTP/1.1\r\nHost: ", b"\x16\x03\x01\x02\x00\x01\x00", b"\x00" * 64, b"\xff" * 64]


def slow_sockets(folder, count):
    with Cluster(folder) as cluster:
        cluster.start_coordinator()
        cluster.start_agent(slots=2, mode="sleep:100")
        sweep = cluster.submit(noop_sweep(folder, 19, 20))
        before = cluster.coordinator.rss_mib()
        calm = max(ask(cluster, sweep) for _ in range(5))
        sockets = []
        for i in range(count):
            end = socket.create_connection(("127.0.0.1", cluster.port), timeout=5)
            end.sendall(HALVES[i % len(HALVES)])
            sockets.append(end)
        took = []
        for i in range(20):
            took.append(ask(cluster, sweep))
            for end in sockets[i::20]:  # a byte now and then, as slowloris does
                try:
                    end.sendall(b"x")
                except OSError:
                    pass  # it was shut out
        if not cluster.coordinator.alive():
            raise AssertionError(f"the coordinator has ended: {cluster.tail('coordinator.log')}")
        told = {"sockets": count, "calls": len(took), "longest_call_s": round(max(took), 3), "calm_s": round(calm, 3),
                "rss_mib_before": round(before), "rss_mib": round(cluster.coordinator.rss_mib()),
                "threads": cluster.coordinator.threads()}
        for end in sockets:
            end.close()
        if cluster.wait(sweep) != 0:
            raise AssertionError("the sweep did not end well")
        if max(took) >= 1:
            raise AssertionError(f"a call took {max(took):.2f} s: {told}")
        if told["rss_mib"] > 2 * told["rss_mib_before"]:
            raise AssertionError(f"the coordinator has grown: {told}")
        return told


def ask(cluster, sweep):
    """Seconds of one call, the start of the program included."""
    began = time.monotonic()
    cluster.call("status", sweep, "-o", "json")
    return time.monotonic() - began


def clock_jumps(folder, library):
    """The wall clock of one process at a time: an hour ahead, right, an hour back, right."""
    with Cluster(folder) as cluster:
        clocks = {name: folder / f"{name}.clock" for name in ("coordinator", "agent")}

        def wrong(name):
            clocks[name].write_text("+0\n")
            return ["env", f"LD_PRELOAD={library}", f"FAKETIME_TIMESTAMP_FILE={clocks[name]}", "FAKETIME_NO_CACHE=1",
                    "FAKETIME_DONT_FAKE_MONOTONIC=1"]

        cluster.start_coordinator(prefix=wrong("coordinator"))
        cluster.start_agent(slots=4, mode="sleep:400", prefix=wrong("agent"))
        sweep = cluster.submit(noop_sweep(folder, 9, 20))
        jumps = 0
        while not cluster.status(sweep)["over"]:
            for name in ("coordinator", "agent"):
                for jump in ("+3600", "+0", "-3600", "+0"):
                    clocks[name].write_text(jump + "\n")
                    jumps += 1
                    time.sleep(0.6)
        if cluster.wait(sweep) != 0:
            raise AssertionError("the sweep did not end well")
        cluster.coordinator.stop()
        check_single(cluster.state, 200)
        if attempts(cluster.state) != 200:
            raise AssertionError(f"{attempts(cluster.state) - 200} runs were started again by {jumps} jumps")
        return {"jumps": jumps, "runs": 200, "started_again": 0}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sockets", type=int, default=500)
    options = parser.parse_args()
    folder = pathlib.Path(tempfile.mkdtemp(prefix="evensweep-hostile."))
    told = {}
    try:
        told["slow sockets"] = slow_sockets(folder / "sockets", options.sockets)
        libraries = glob.glob("/usr/lib/*/faketime/libfaketimeMT.so.1")
        if libraries:
            told["clock jumps"] = clock_jumps(folder / "clocks", libraries[0])
        else:
            print("left out: jumps of the clock, as libfaketime is not there (package faketime)")
        print(json.dumps(told))
    except (AssertionError, TimeoutError, RuntimeError) as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
