"""Two sweeps trained, then compared: what is matched, what is left out, and what is refused."""

import csv
import io
import json

from program import FAKE_TRAINER, E2eTest, main

USAGE = 2


class CompareTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.env["EVENSWEEP_TRAINER"] = str(FAKE_TRAINER)

    def trained(self, name, **fields):
        """The folder of a finished sweep's report."""
        folder = self.dir / name
        file = self.sweep(f"{name}.yaml", **fields)
        self.ok(self.command("run", file, "--state", self.state, "--out", folder, "-o", "quiet"))
        return folder

    def compare(self, *arguments):
        done = self.ok(self.command("compare", *arguments))
        self.assertEqual(done.stderr, "")
        return done.stdout

    def refused(self, *arguments):
        done = self.ok(self.command("compare", *arguments), code=USAGE)
        self.assertEqual(done.stdout, "")
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_a_sweep_with_itself(self):
        """Trained twice in states of their own: the same numbers, and compare says so."""
        here = self.trained("here", seeds=3)
        self.state = self.dir / "elsewhere"
        there = self.trained("there", seeds=3)
        found = json.loads(self.compare(here, there / "results.json", "-o", "json"))
        self.assertEqual(found["schema"], "evensweep-comparison")
        self.assertEqual(found["schema_version"], 1)
        self.assertTrue(found["same_sweep"])
        self.assertEqual(found["settings"], [])
        self.assertEqual((found["baseline"]["identical"], found["baseline"]["differing"]), ([0, 1, 2], []))
        self.assertEqual({arm["d_unbiased"]["status"] for arm in found["arms"]}, {"all_zero"})
        table = self.compare(here, there)
        self.assertIn("Baselines: identical test counts at 3 seeds.", table)
        self.assertNotIn("Left out", table)

    def test_two_sweeps(self):
        short = self.trained("short", seeds=4, epochs=3)
        longer = self.trained("longer", seeds=6, epochs=5, gammas="[1, 2]")
        found = json.loads(self.compare(short, longer, "-o", "json"))
        self.assertEqual([(one["name"], one["a"], one["b"]) for one in found["settings"]],
                         [("training.epochs", "3", "5")])
        self.assertEqual(found["seeds"], [0, 1, 2, 3])
        self.assertEqual(found["left_out"]["arms"],
                         [{"arm": "tpr_weighting(gamma=0.5)", "reason": "only in A"},
                          {"arm": "tpr_weighting(gamma=2)", "reason": "only in B"}])
        self.assertEqual(found["left_out"]["seeds"],
                         [{"reason": "only in B", "seed": 4}, {"reason": "only in B", "seed": 5}])
        self.check_numbers(found, self.report(short), self.report(longer))
        rows = list(csv.DictReader(io.StringIO(self.compare(short, longer, "-o", "csv"))))
        self.assertEqual([row["arm"] for row in rows], [arm["name"] for arm in found["arms"]])
        self.assertEqual([float(row["d_unbiased_mean"]) for row in rows],
                         [arm["d_unbiased"]["mean"] for arm in found["arms"]])
        table = self.compare(short, longer)
        for words in ["training.epochs: A 3, B 5", "tpr_weighting(gamma=2): only in B", "seed 4, 5: only in B"]:
            self.assertIn(words, table)

    def test_over_data_sets(self):
        """`meta`: the same arms in several results; that these are of the same data is told."""
        places = [self.trained("first", seeds=3), self.trained("second", seeds=4, epochs=5, gammas="[1, 2]")]
        done = self.ok(self.command("meta", *places, "-o", "json"))
        found = json.loads(done.stdout)
        self.assertEqual((found["schema"], found["schema_version"]), ("evensweep-datasets", 1))
        common = {arm["name"] for arm in self.report(places[0])["arms"]} & {
            arm["name"] for arm in self.report(places[1])["arms"]}
        self.assertEqual({arm["name"] for arm in found["arms"]}, common)
        self.assertIn({"arm": "tpr_weighting(gamma=0.5)", "reason": f"is not in {places[1]}/results.json"},
                      found["left_out"])
        ranks = [found["baseline_mean_rank"], *(arm["mean_rank"] for arm in found["arms"])]
        self.assertAlmostEqual(sum(ranks), len(ranks) * (len(ranks) + 1) / 2)
        table = " ".join(self.ok(self.command("meta", *places)).stdout.split())
        self.assertIn("are of the same data", table)
        refused = self.ok(self.command("meta", places[0]), code=USAGE)
        self.assertEqual(refused.stderr.count("\n"), 1, refused.stderr)

    def check_numbers(self, found, a, b):
        """Each difference of D_u is that of the trials in both reports."""
        def effects(report):
            return {(trial["arm"], trial["seed"]): trial["d_unbiased"] for trial in report["trials"]}
        in_a, in_b = effects(a), effects(b)
        self.assertGreater(len(found["arms"]), 1)
        for arm in found["arms"]:
            for at in arm["seeds"]:
                place = (arm["name"], at["seed"])
                self.assertAlmostEqual(at["d_unbiased"], in_b[place] - in_a[place], places=14)

    def test_refusals(self):
        good = self.trained("good", seeds=2)
        results = json.loads((good / "results.json").read_text())
        newer = self.write("newer.json", json.dumps({**results, "schema_version": 2}))
        other = self.trained("other", seeds="[7, 8]")
        cases = [(self.dir / "absent", "absent"), (self.state, "results.json"),
                 (self.write("text.json", "{"), "not valid JSON"), (self.write("other.json", "{}"), "schema"),
                 (newer, "newer.json: results: schema_version: this program reads version 1 only"),
                 (self.write("part.json", json.dumps({**results, "runs": 5})), "part.json: results.runs"),
                 (other, "no seed is in both (A: 0, 1; B: 7, 8)")]
        for bad, words in cases:
            with self.subTest(words):
                self.assertIn(words, self.refused(good, bad))
        self.refused(good)
        self.refused(good, good, "-o", "xml")


if __name__ == "__main__":
    main()
