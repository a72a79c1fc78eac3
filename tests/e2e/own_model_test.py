"""The network of docs/own-model.md: its Python lines save a module, a sweep names it, the real programs train it.

Needs Python with PyTorch, in EVENSWEEP_PYTHON.
"""

import os
import re
import unittest

from program import SOURCE, E2eTest, main

PYTHON = os.environ.get("EVENSWEEP_PYTHON", "")
PAGE = (SOURCE / "docs" / "own-model.md").read_text()
SWEEP = """\
version: 1
name: own-model
dataset: {{format: csv, path: {data}, split: {{train: 0.6, validation: 0.2, test: 0.2}}}}
model: {{torchscript: net.pt}}
training: {{epochs: 4, batch_size: 64, lr: 0.05, threads: 1}}
seeds: 2
methods: [{{method: tpr_weighting, gamma: 1}}]
"""


CODE = re.search(r"```python net.py\n(.*?)```", PAGE, re.DOTALL)[1]


@unittest.skipUnless(os.access(PYTHON, os.X_OK), f"there is no Python with PyTorch at '{PYTHON}'")
class OwnModelTest(E2eTest):
    def sweep_of_it(self):
        return self.write("sweep.yaml", SWEEP.format(data=SOURCE / "sweeps" / "data" / "digits.csv"))

    def save_module(self, code):
        self.ok([PYTHON, str(self.write("net.py", code))])

    def test_the_page_as_it_stands(self):
        self.assertLess(len(CODE.splitlines()), 40)
        self.save_module(CODE)
        sweep = self.sweep_of_it()
        self.ok(self.run_command(sweep))
        self.check_attempts(runs=4)
        report = self.report()
        self.assertEqual(report["sweep"]["model"]["file"]["path"], "net.pt")
        for run in report["runs"]:
            self.assertEqual(run["model_parameters"], 2 * 64 + 64 * 64 + 64 + 64 * 10 + 10)
            right = sum(run["test"][c][c] for c in range(10))
            self.assertGreater(right / sum(map(sum, run["test"])), 0.85)
        # Each seed drew weights of its own, so even the first epoch's losses differ.
        losses = {run["curve"][0]["train_loss"] for run in report["runs"]}
        self.assertEqual(len(losses), 4)
        # A second execution in a new state folder gives the same bits.
        self.state, self.out = self.dir / "state2", self.dir / "out2"
        self.ok(self.run_command(sweep))
        self.assertEqual(self.report(), report)

    def test_a_module_that_does_not_fit_fails_with_one_clear_line(self):
        self.save_module(CODE.replace("classes=10", "classes=9"))
        done = self.ok(self.run_command(self.sweep_of_it()), code=3)
        failures = [failure for _, _, _, failure in self.attempts() if failure]
        self.assertEqual({failure["class"] for failure in failures}, {"bad_input"})
        self.assertIn("forward gives Float [2, 9] for 2 examples; it must give a logit for each of the 10 classes",
                      failures[0]["message"])
        self.assertIn("net.pt", failures[0]["message"])
        self.assertNotIn("Traceback", done.stderr)


if __name__ == "__main__":
    main()
