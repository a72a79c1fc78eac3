"""Names to nationality, cut down: a tiny sweep of texts through the real programs. Needs no data but its own names."""

import json
import unittest

from program import E2eTest, main

SWEEP = """\
version: 1
name: names
dataset:
  format: text
  path: {data}
  columns: {{text: name, label: nationality}}
  text: {text}
  split: {{train: 0.6, validation: 0.2, test: 0.2}}
model: {{name: conv_lstm, embedding: 16, channels: 16, hidden: 24, layers: {layers}, padding: {padding}}}
training: {{epochs: 4, batch_size: 32, optimizer: adam, lr: 0.01, augmentation: {{swap: 0.2}}, threads: 1}}
seeds: 2
methods:
  - {{method: tpr_weighting, gamma: 1}}
  - {{method: focal, gamma: 2}}
"""

FIRST = {"polish": ["Adam", "Łukasz", "Małgorzata", "Władysław", "Świętosław"],
         "french": ["Paul", "Jean-Luc", "Hélène", "François", "Zoé"],
         "japanese": ["Haruki", "Sakura", "Kenzaburō", "Yuki"]}
LAST = {"polish": ["Kowalczyk", "Wiśniewski", "Zieliński", "Wójcik"],
        "french": ["Garnier", "D’Arcy", "Lefèvre", "Beauchêne"],
        "japanese": ["Takahashi", "Ōe", "Kobayashi", "Murakami"]}


def names(repeat):
    rows = [f"{first} {last}{' ' + 'abc'[i % 3] if i else ''},{nation}" for i in range(repeat) for nation in FIRST
            for first in FIRST[nation] for last in LAST[nation]]
    return "name,nationality\n" + "\n".join(rows) + "\n李小龍,japanese\n"


class NamesTest(E2eTest):
    def write_sweep(self, name="sweep.yaml", text="{}", layers=2, padding="packed"):
        self.write("names.csv", names(3))
        return self.write(name, SWEEP.format(data=self.dir / "names.csv", text=text, layers=layers, padding=padding))

    def test_sweep_learns_says_what_it_dropped_and_repeats_itself(self):
        sweep = self.write_sweep()
        plan = self.ok(self.command("plan", sweep, "--state", self.state)).stdout
        self.assertRegex(plan, r"\b1  rows left out because nothing is left of their text\n")
        self.ok(self.run_command(sweep))
        first = self.report()
        facts = {fact["name"]: fact["count"] for fact in first["sweep"]["data_facts"]}
        self.assertEqual(facts["rows left out because nothing is left of their text"], 1)
        self.assertEqual(facts["characters dropped that the alphabet lacks"], 3 + 3 * 5, "a name and 15 apostrophes")
        self.assertIn("rows left out because nothing is left", (self.out / "report.html").read_text())
        for run in first["runs"]:
            self.assertGreater(run["curve"][-1]["validation_accuracy"], 0.6, "chance is 0.38")
        self.ok(self.command("run", sweep, "--state", self.dir / "again", "--out", self.dir / "out2"))
        self.assertEqual(first, self.report(self.dir / "out2"))

    def test_peifer_skips_and_says_so(self):
        sweep = self.write_sweep(text="{preprocessing: peifer}", layers=1, padding="read")
        plan = json.loads(self.ok(self.command("plan", sweep, "--state", self.state, "-o", "json")).stdout)
        facts = {fact["name"]: fact["count"] for fact in plan["sweep"]["data_facts"]}
        self.assertGreater(facts["rows left out for a character that the alphabet lacks"], 50)
        self.ok(self.run_command(sweep, "seeds=1"))

    def test_refusals_name_the_place(self):
        for override, message in [
                ("dataset.text={alphabet: aab}", 'dataset.text.alphabet'),
                ("dataset.text={max_length: 3}", "more than text.max_length, 3"),
                ("model=mlp", "model"),
                ("training.augmentation={flip: true}", "training.augmentation.flip"),
                ("methods=[{method: smote, gamma: 1}]", "smote")]:
            done = self.call(self.command("plan", self.write_sweep(), override, "--state", self.state))
            self.assertEqual(done.returncode, 2, done.stderr)
            self.assertIn(message, done.stderr)
            self.assertEqual(done.stderr.strip().count("\n"), 0, done.stderr)


if __name__ == "__main__":
    main()
