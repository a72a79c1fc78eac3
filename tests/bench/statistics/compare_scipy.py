#!/usr/bin/env python3
"""The tests of a sweep of 48 arms, 10 classes and 16 blocks: Evensweep against SciPy and NumPy doing the same.

    tests/bench/statistics/compare_scipy.py build/bin/bench_statistics --venv DIR

Both sides go from correct answers per class to D_u, to each arm's exact one-sided sign-flip p, to its studentised
max-T p (single step and step-down) and to its simultaneous interval. They take turns with one thread each; medians of
processor time are compared, because machines are shared. SciPy's side is what its documentation suggests:
permutation_test, vectorised, for each arm, and for the family the matrix of all 65,536 sign vectors times the
differences. Exit code 1 if any number differs.
"""

import argparse
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

P_TOLERANCE = 1e-12
INTERVAL_TOLERANCE = 1e-9
ALPHA = 0.05
TEST_EXAMPLES = 200  # of each class


def tests_environment():
    """That of the Python tests ($EVENSWEEP_PYTHON), which has SciPy."""
    python = os.environ.get("EVENSWEEP_PYTHON")
    return pathlib.Path(python).parent.parent if python else None


def parsed_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program", type=pathlib.Path, help="bench_statistics")
    parser.add_argument("--venv", type=pathlib.Path, default=tests_environment(),
                        help="virtual environment with scipy and numpy (default: that of $EVENSWEEP_PYTHON)")
    parser.add_argument("--arms", type=int, default=48)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--blocks", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=3, help="turns that each side takes")
    parser.add_argument("--repeats", type=int, default=20, help="of ours in each turn")
    return parser.parse_args()


def use_environment(venv):
    """Goes on in the interpreter of `venv`, with one thread; ends where there is no SciPy."""
    python = venv / "bin" / "python" if venv else pathlib.Path(sys.executable)
    if not python.exists():
        sys.exit(f"{python} is missing; make it with: python3 -m venv {venv} && {venv}/bin/pip install scipy numpy")
    if "EVENSWEEP_BENCH_INSIDE" not in os.environ:
        os.environ.update(EVENSWEEP_BENCH_INSIDE="1", OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
        os.execv(python, [str(python), *sys.argv])
    try:
        import scipy.stats  # noqa: F401
    except ImportError:
        sys.exit(f"{python} has no scipy; name a virtual environment that has with --venv DIR "
                 "(python3 -m venv DIR && DIR/bin/pip install scipy numpy)")


def made_up_counts(np, arms, classes, blocks):
    """Correct answers of a baseline and of arms that even them out more or less."""
    rng = np.random.default_rng(20)
    tpr = np.linspace(0.95, 0.7, classes)
    pull = np.linspace(0, 0.3, arms)[:, None, None]
    seed_noise = rng.normal(0, 0.01, (blocks, classes))
    arm_noise = rng.normal(0, 0.02, (arms, blocks, classes))
    rates = tpr + seed_noise + pull * (tpr.mean() - tpr) + arm_noise
    draw = lambda rate: rng.binomial(TEST_EXAMPLES, np.clip(rate, 0, 1)).tolist()
    return {"total": [TEST_EXAMPLES] * classes, "baseline": draw(tpr + seed_noise), "arms": draw(rates)}


def unbiased_variance(np, correct, total):
    s, classes = correct / total, correct.shape[-1]
    return s.var(axis=-1) - (classes - 1) / classes**2 * (s * (1 - s) / (total - 1)).sum(axis=-1)


def t_of_all_flips(np, signs, d):
    n = len(d)
    mean = signs @ d / n
    variance = np.maximum((d**2).sum(axis=0) - n * mean**2, 0) / (n - 1)
    return mean * np.sqrt(n) / np.sqrt(variance)


def by_scipy(np, counts):
    from scipy import stats

    total = np.array(counts["total"])
    d = (unbiased_variance(np, np.array(counts["baseline"]), total)
         - unbiased_variance(np, np.array(counts["arms"]), total)).T
    n, arms = d.shape
    alone = [stats.permutation_test((d[:, a],), lambda x, axis: x.mean(axis=axis), permutation_type="samples",
                                    vectorized=True, n_resamples=np.inf, alternative="greater").pvalue
             for a in range(arms)]
    signs = 1.0 - 2.0 * ((np.arange(2**n)[:, None] >> np.arange(n)) & 1)
    flipped = t_of_all_flips(np, signs, d)
    seen = d.mean(axis=0) * np.sqrt(n) / d.std(axis=0, ddof=1)
    bound = seen - 1e-9 * np.maximum(1, np.abs(seen))
    single_step = [(flipped.max(axis=1) >= b).mean() for b in bound]
    step_down, largest = np.empty(arms), 0.0
    order = np.argsort(-seen, kind="stable")
    for i, a in enumerate(order):
        largest = max(largest, (flipped[:, order[i:]].max(axis=1) >= bound[a]).mean())
        step_down[a] = largest
    maxima = np.sort(np.abs(t_of_all_flips(np, signs, d - d.mean(axis=0))).max(axis=1))
    reach = maxima[len(maxima) - 1 - int(ALPHA * len(maxima))] * d.std(axis=0, ddof=1) / np.sqrt(n)
    return {"p": alone, "p_single_step": single_step, "p_step_down": step_down,
            "low": d.mean(axis=0) - reach, "high": d.mean(axis=0) + reach}


def largest_difference(np, ours, theirs, name):
    return float(np.max(np.abs(np.array(ours[name]) - np.array(theirs[name]))))


def main():
    arguments = parsed_arguments()
    use_environment(arguments.venv)
    import numpy as np
    import scipy

    counts = made_up_counts(np, arguments.arms, arguments.classes, arguments.blocks)
    ours_seconds, scipy_seconds = [], []
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(counts, file)
        file.flush()
        for _ in range(arguments.rounds):
            command = [arguments.program, file.name, str(arguments.repeats)]
            ours = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            ours_seconds += ours["seconds"]
            start = time.process_time()
            theirs = by_scipy(np, counts)
            scipy_seconds.append(time.process_time() - start)

    print(f"{arguments.arms} arms x {arguments.classes} classes x {arguments.blocks} blocks, processor time of one thread; "
          f"SciPy {scipy.__version__}, NumPy {np.__version__}")
    fast, slow = statistics.median(ours_seconds), statistics.median(scipy_seconds)
    print(f"evensweep  median {fast * 1e3:9.2f} ms   ({min(ours_seconds) * 1e3:.2f} to {max(ours_seconds) * 1e3:.2f})")
    print(f"scipy      median {slow * 1e3:9.0f} ms   "
          f"({min(scipy_seconds) * 1e3:.0f} to {max(scipy_seconds) * 1e3:.0f})")
    print(f"ratio      {slow / fast:.0f}")
    equal = True
    for name in ("p", "p_single_step", "p_step_down", "low", "high"):
        allowed = P_TOLERANCE if name.startswith("p") else INTERVAL_TOLERANCE
        difference = largest_difference(np, ours, theirs, name)
        equal &= difference <= allowed
        print(f"{name:13}  largest difference {difference:.1e}, allowed {allowed:.0e}")
    sys.exit(0 if equal else 1)


if __name__ == "__main__":
    main()
