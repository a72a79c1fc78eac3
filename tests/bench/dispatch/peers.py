"""What other tools take for no-op runs on 16 slots: one tool, one measurement, one line of JSON on standard output.

    $(deploy/peers) tests/bench/dispatch/peers.py hyperqueue --runs 10000 --slots 16

Each tool is used as its own manual does for the smallest work there is: start-up is not counted, submitting is, and the
clock stops when the client knows that all are done. Where a tool has a faster and a slower way, the faster one is taken.

    hyperqueue   HyperQueue's server and one worker with the slots; the program `true`, a process for each task. Its
                 journal is off, so nothing is durable. What bare starts of `true` take is measured beside it ("spawn").
    sleep        the same with `sleep`: the makespan of tasks that take --milliseconds each
    optuna       one study in SQLite, in one thread: with more it takes longer, as they wait for the file's lock
    ray          Ray core: a remote function that does nothing, all submitted at once; nothing is durable
    ray-tune     Ray Tune with reuse of actors, a report of one number for each trial
"""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time


def hyperqueue(runs, slots, folder, program=("true",)):
    from hyperqueue import Job, LocalCluster
    from hyperqueue.cluster import WorkerConfig

    with LocalCluster(folder, WorkerConfig(cores=slots)) as cluster:
        client = cluster.client()
        warm = Job(default_workdir=folder)
        for _ in range(slots):
            warm.program(list(program), stdout=None, stderr=None)
        client.wait_for_jobs([client.submit(warm)])
        start = time.perf_counter()
        job = Job(default_workdir=folder)
        for _ in range(runs):
            job.program(list(program), stdout=None, stderr=None)
        client.wait_for_jobs([client.submit(job)])
        return time.perf_counter() - start


def spawn(runs, slots, _):
    """Starts of `true` alone, at most `slots` of them at a time, by the cheapest way that Python has."""
    true = shutil.which("true")
    start = time.perf_counter()
    alive = 0
    for _ in range(runs):
        if alive == slots:
            os.wait()
            alive -= 1
        os.posix_spawn(true, [true], {})
        alive += 1
    for _ in range(alive):
        os.wait()
    return time.perf_counter() - start


def optuna(runs, _, folder):
    import optuna as library

    library.logging.set_verbosity(library.logging.WARNING)
    study = library.create_study(storage=f"sqlite:///{folder}/study.db", sampler=library.samplers.RandomSampler(seed=1))
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=10)
    start = time.perf_counter()
    study.optimize(lambda trial: trial.suggest_float("x", 0, 1), n_trials=runs)
    return time.perf_counter() - start


def start_ray(slots):
    import ray as library

    os.environ.setdefault("RAY_DISABLE_IMPORT_WARNING", "1")
    library.init(num_cpus=slots, include_dashboard=False, log_to_driver=False, configure_logging=False,
                 object_store_memory=200 << 20)
    return library


def ray(runs, slots, _):
    library = start_ray(slots)

    @library.remote
    def nothing():
        return None

    @library.remote
    def wait():
        time.sleep(1)

    library.get([wait.remote() for _ in range(slots)])  # all workers have started
    start = time.perf_counter()
    library.get([nothing.remote() for _ in range(runs)])
    seconds = time.perf_counter() - start
    library.shutdown()
    return seconds


def ray_tune(runs, slots, folder):
    library = start_ray(slots)
    from ray import tune

    class Nothing(tune.Trainable):
        def setup(self, config):
            pass

        def step(self):
            return {"score": 1.0, "done": True}

        def reset_config(self, new_config):
            return True

        def save_checkpoint(self, checkpoint_dir):
            return None

        def load_checkpoint(self, checkpoint):
            pass

    tuner = tune.Tuner(
        Nothing,
        param_space={"x": tune.uniform(0, 1)},
        tune_config=tune.TuneConfig(num_samples=runs, reuse_actors=True, max_concurrent_trials=slots),
        run_config=tune.RunConfig(storage_path=folder, verbose=0))
    start = time.perf_counter()
    results = tuner.fit()
    seconds = time.perf_counter() - start
    if results.num_errors or len(results) != runs:
        raise RuntimeError(f"{results.num_errors} of {len(results)} trials failed")
    library.shutdown()
    return seconds


def main():
    tools = {"hyperqueue": hyperqueue, "spawn": spawn, "optuna": optuna, "ray": ray, "ray-tune": ray_tune}
    parser = argparse.ArgumentParser()
    parser.add_argument("tool", choices=[*tools, "sleep"])
    parser.add_argument("--runs", type=int, default=10_000)
    parser.add_argument("--slots", type=int, default=16)
    parser.add_argument("--milliseconds", type=int, default=100, help="of each task of `sleep`")
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="evensweep-peer.")
    try:
        if options.tool == "sleep":
            program = ("sleep", str(options.milliseconds / 1000))
            seconds = hyperqueue(options.runs, options.slots, folder, program)
        else:
            seconds = tools[options.tool](options.runs, options.slots, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    json.dump({"tool": options.tool, "runs": options.runs, "slots": options.slots, "seconds": seconds}, sys.stdout)
    print()


if __name__ == "__main__":
    main()
