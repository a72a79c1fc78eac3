"""Trainers of others, named in the agent's configuration: a good one in PyTorch, and many that misbehave."""

import json
import sys

from program import SOURCE, TORCH_PYTHON, E2eTest, main

TABLE = "x,y,label\n" + "".join(f"{i},{i * i % 17},{'abc'[i % 3]}\n" for i in range(60))
SWEEP = """\
version: 1
name: foreign
trainer: {trainer}
dataset: {{format: csv, path: {data}, split: {{train: 0.6, validation: 0.2, test: 0.2}}}}
model: {{name: mlp, hidden: [16]}}
training: {{epochs: {epochs}, optimizer: adam, lr: 0.01}}
seeds: {seeds}
methods: [{{method: focal, gamma: [1, 2]}}, {{method: tpr_weighting, gamma: 1}}]
"""
# Mode of bad_trainer.py: what is said of the run that it spoiled.
MISDEEDS = {
    "garbage": "the trainer broke its contract: event line",
    "huge_line": "the trainer broke its contract",
    "early_exit": "exited with code 7",
    "closes_events": "closed descriptor 3",
    "wrong_run": "which it was not given",
    "ignores_term": "the trainer broke its contract: event line",
    "orphan": "exited with code 7",
    "floods": "exited with code 7",
    "no_result": "finished without a result",
    "wrong_shape": "result.test",
    "nan": "the result is not valid",
    "huge_result": "result.json",
    "fewer_examples": "examples",
}


class TrainerTest(E2eTest):
    def foreign(self, trainer, data, seeds=2, epochs=5):
        return self.write("sweep.yaml", SWEEP.format(trainer=trainer, data=data, seeds=seeds, epochs=epochs))

    def config(self, trainer, *command):
        return self.write("agent.yaml", json.dumps({"version": 1, "trainers": {trainer: {"command": command}}}))

    def run_bad(self, mode, code=3):
        self.state, self.out = self.dir / mode, self.dir / f"out-{mode}"
        data = self.write("table.csv", TABLE)
        config = self.config("bad-trainer-1", sys.executable, str(SOURCE / "tests/e2e/bad_trainer.py"), mode, "4")
        sweep = self.foreign("bad-trainer-1", data, seeds=1)
        return self.ok(self.run_command(sweep, "--agent-config", config, "--slots", "1"), code=code)

    def test_pytorch(self):
        if not TORCH_PYTHON.exists():
            self.skipTest("deploy/python has not made the Python environment with PyTorch")
        config = self.config("pytorch-mlp-1", str(TORCH_PYTHON), str(SOURCE / "docs/examples/pytorch_trainer.py"))
        sweep = self.foreign("pytorch-mlp-1", SOURCE / "sweeps/data/digits.csv", seeds=3, epochs=8)
        self.ok(self.run_command(sweep, "--agent-config", config))
        report = self.report()
        self.assertEqual(report["counts"]["runs"]["finished"], 12)
        for run in report["runs"]:
            right = sum(run["test"][c][c] for c in range(10)) / sum(map(sum, run["test"]))
            self.assertGreater(right, 0.85, "it has learned")
        self.assertEqual(report["completeness"]["blocks_complete"], 3)
        self.assertTrue((self.out / "report.html").exists())
        with self.subTest("a treatment that it does not know is refused, not passed over"):
            refused = self.ok(self.run_command(sweep, "--agent-config", config, "methods=[{method: cdb, tau: 1}]"), 3)
            self.assertIn("rule", json.dumps(self.report()["runs"]), refused.stderr)

    def test_misdeeds(self):
        for mode, words in MISDEEDS.items():
            with self.subTest(mode):
                self.run_bad(mode)
                report = self.report()
                states = {tuple(run["arms"]): run["state"] for run in report["runs"]}
                self.assertEqual(states.pop(("focal(gamma=2)",)), "failed")
                self.assertEqual(set(states.values()), {"finished"}, "the other runs are unharmed")
                failure = next(run["failure"] for run in report["runs"] if run["state"] == "failed")
                self.assertEqual(failure["class"], "trainer_error")
                self.assertIn(words, failure["message"])
                self.assertFalse(self.processes(), "nothing outlives it")

    def test_no_such_trainer(self):
        data = self.write("table.csv", TABLE)
        config = self.config("bad-trainer-1", "/nowhere/python")
        for trainer, words in {"other-1": "configured in", "bad-trainer-1": "/nowhere/python"}.items():
            done = self.ok(self.run_command(self.foreign(trainer, data), "--agent-config", config), code=1)
            self.assertIn(words, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    def test_hello(self):
        for mode, words in {"other_name": "somebody-else", "no_hello": "does not start"}.items():
            with self.subTest(mode):
                self.run_bad(mode)
                report = self.report()
                self.assertEqual({run["state"] for run in report["runs"]}, {"failed"})
                self.assertIn(words, report["runs"][0]["failure"]["message"])

    def test_bad_configuration(self):
        sweep = self.foreign("bad-trainer-1", self.write("table.csv", TABLE))
        for text, words in {
            "version: 1\ntrainers: {a: {comand: [/bin/true]}}": "command",
            "version: 1\ntrainers: {a: {command: [python3]}}": "absolute path",
            "version: 1\ntrainers: {evensweep-3: {command: [/bin/true]}}": "evensweep-3",
            "version: 1\ntrainers: {a: {command: []}}": "command",
            "trainers: {}": "version",
            "- 1": "map of keys",
            "version: 1\nversion: 1": "twice",
        }.items():
            with self.subTest(text):
                config = self.write("agent.yaml", text)
                done = self.ok(self.run_command(sweep, "--agent-config", config), code=2)
                self.assertIn(str(config), done.stderr)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    main()
