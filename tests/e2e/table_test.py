"""Tables with names and missing values, trained by the real programs."""

from data_test import people
from program import E2eTest, main

SWEEP = """\
version: 1
name: people
dataset:
  format: csv
  path: people.csv
  columns:
    label: answer
    features: [age, job, town]
    categorical: [job, town]
    encoding: {encoding}
    missing: {{values: ["?", NA], numeric: median}}
  split: {{train: 0.6, validation: 0.2, test: 0.2}}
model: {{name: {model}, {keys}}}
training: {{epochs: 8, batch_size: 32, lr: 0.05}}
seeds: 2
methods:
  - {{method: tpr_weighting, gamma: 1}}
  - {{method: smote, gamma: -1}}
"""


class TableTest(E2eTest):
    def sweep_of(self, encoding, model, keys):
        self.write("people.csv", people(400))
        return self.write(f"{encoding}-{model}.yaml", SWEEP.format(encoding=encoding, model=model, keys=keys))

    def test_encodings_and_models_learn(self):
        for encoding, model, keys in (("one_hot", "mlp", "hidden: [16]"), ("embedding", "mlp", "hidden: [16]"),
                                      ("embedding", "resmlp", "width: 16, blocks: 1")):
            with self.subTest(encoding=encoding, model=model):
                file = self.sweep_of(encoding, model, keys)
                out, again = self.dir / f"out-{encoding}-{model}", self.dir / f"again-{encoding}-{model}"
                self.ok(self.command("run", file, "--state", self.state, "--out", out))
                self.ok(self.command("run", file, "--state", self.dir / "other", "--out", again))
                report = self.report(out)
                self.assertEqual(report, self.report(again), "the same runs give the same bits")
                for trial in report["trials"]:
                    if trial["compared"]:
                        self.assertGreater(trial["baseline"]["accuracy"], 0.8, "nine of ten answers follow from the job")
                self.assertIn("numbers median, names own_level", (out / "report.html").read_text())

    def test_refusals(self):
        """What is wrong with columns is one line of plan, before anything is trained."""
        file = self.sweep_of("one_hot", "mlp", "hidden: [16]")
        text = file.read_text()
        for old, new, words in (
            ('"?", NA', "NA", 'people.csv:4:3: "?" in column "age" is not a number'),
            ("[job, town]", "[town]", 'people.csv:2:6: "clerk" in column "job" is not a number'),
            ("[age, job, town]", "[age, job, towm]", 'did you mean "town"?'),
            ("one_hot", "onehot", "did you mean one_hot?"),
        ):
            with self.subTest(new):
                self.assertIn(old, text)
                done = self.ok(self.command("plan", self.write("bad.yaml", text.replace(old, new, 1))), code=2)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    main()
