"""The small CIFAR-10 sweep, cut down to one seed and one epoch. Needs the data in ../shared/data or $EVENSWEEP_DATA."""

import json
import os
import pathlib
import unittest

from program import SOURCE, E2eTest, main

DATA = pathlib.Path(os.environ.get("EVENSWEEP_DATA") or SOURCE.parent / "shared" / "data")


class CifarTest(E2eTest):
    @unittest.skipUnless((DATA / "cifar10" / "data_batch_1.bin").exists(), f"there is no CIFAR-10 in {DATA}")
    def test_small_sweep(self):
        sweep = SOURCE / "sweeps" / "cifar10-small.yaml"
        small = ["seeds=1", "training.epochs=1", "methods=[{method: tpr_weighting, gamma: 1}]"]
        done = self.ok(self.run_command(sweep, *small, "--data", DATA, "-o", "json"), timeout=800)
        results = json.loads(done.stdout)
        compared = [trial for trial in results["trials"] if trial["compared"]]
        self.assertEqual([trial["arm"] for trial in compared], ["tpr_weighting(gamma=1)"])
        self.assertIsInstance(compared[0]["d"], float)
        self.assertNotEqual(compared[0]["d"], 0)
        for run in results["runs"]:
            self.assertEqual(sum(map(sum, run["test"])), 10000)
            self.assertEqual([len(row) for row in run["test"]], [10] * 10)
            self.assertGreater(run["curve"][0]["train_loss"], 0)
        accuracy = compared[0]["baseline"]["accuracy"]
        self.assertGreater(accuracy, 0.2, "one epoch is enough to be better than chance")
        print(f"D = {compared[0]['d']:.5f}, accuracy of the baseline {accuracy:.3f}", flush=True)


if __name__ == "__main__":
    main()
