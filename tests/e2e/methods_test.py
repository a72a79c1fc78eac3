"""Every method, trained on every kind of data for which it is defined; the other pairs are refused before anything is
trained, with the reason. One seed, one small network, a few steps each.
"""

import json
import random
import re

from program import SOURCE, E2eTest, main

CLASSES = 3
ROWS = 30  # of a class


def table_text():
    draw = random.Random(1)
    lines = ["a,b,c,label"]
    for row in range(CLASSES * ROWS):
        values = [draw.gauss(row % CLASSES == feature, 0.7) for feature in range(3)]
        lines.append(",".join(f"{value:.4f}" for value in values) + f",class{row % CLASSES}")
    return "\n".join(lines) + "\n"


def image_bytes():
    """Records of CIFAR-10's binary form: noise, brighter in a stripe that tells the class."""
    draw = random.Random(2)
    records = bytearray()
    for row in range(10 * 8):
        label = row % 10
        records.append(label)
        for _ in range(3):
            for y in range(32):
                lift = 60 if y // 3 == label else 0
                records += bytes(min(255, draw.randrange(190) + lift) for _ in range(32))
    return bytes(records)


def names_text():
    draw = random.Random(3)
    parts = (("anna", "olga", "ivan"), ("john", "mary", "bill")), (("petrova", "ivanov"), ("smith", "jones"))
    lines, seen = ["name,label"], set()
    while len(lines) < 2 * ROWS + 1:
        label = len(lines) % 2
        extra = "".join(draw.choice("abcdefgh") for _ in range(3))
        name = f"{draw.choice(parts[0][label])}{extra} {draw.choice(parts[1][label])}"
        if name not in seen:
            seen.add(name)
            lines.append(f"{name},{'eastwest'[4 * label:4 * label + 4]}")
    return "\n".join(lines) + "\n"


HEAD = """\
version: 1
name: methods
dataset: {dataset}
model: {model}
training: {{epochs: 3, batch_size: 32, lr: 0.02, optimizer: adam}}
seeds: 1
methods:
"""

SPLIT = "split: {train: 0.5, validation: 0.25, test: 0.25}"
KINDS = {
    "table": {"dataset": f"{{format: csv, path: table.csv, {SPLIT}}}", "model": "{name: mlp, hidden: [8]}"},
    "image": {"dataset": f"{{format: cifar10, path: images.bin, {SPLIT}}}", "model": "{name: mlp, hidden: [8]}"},
    "text": {"dataset": f"{{format: text, path: names.csv, columns: {{text: name, label: label}}, {SPLIT}}}",
             "model": "{name: conv_lstm, embedding: 4, channels: 4, hidden: 4, layers: 1}"},
}

# Defined for every kind of data.
EVERYWHERE = """\
baseline
tpr_weighting: gamma: 1, start_epoch: 1
tpr_weighting: gamma: 1, rounds: 3
tpr_weighting: gamma: 2, normalization: sample_mean
effective_number: beta: 0.99, counts: tpr
focal: gamma: 2
placebo: gamma: 1
logit_adjustment: tau: 1, counts: tpr
ldam_drw: margin: 0.5, start: 0.5, counts: tpr
oversampling: gamma: 1
smote: gamma: 2, space: features, start_epoch: 1
cdb: tau: 1
cdb_dynamic
recall_loss
group_dro: eta: 0.1
twin
reseed
same_cost
tpr_weighting+focal: tpr_weighting: {gamma: 1}, focal: {gamma: 2}
tpr_weighting+oversampling: tpr_weighting: {gamma: 1}, oversampling: {gamma: 1}, rounds: 2
"""
# What each kind has besides.
BESIDES = {
    "table": ["smote: gamma: 2", "augmentation: a: 1, view: noise, sigma: 0.5",
              "tpr_weighting+augmentation: tpr_weighting: {gamma: 1}, augmentation: {a: 1, view: noise}"],
    "image": ["smote: gamma: 2", "augmentation: a: 1, view: all, crop: 2", "augmentation: a: 0.5, view: flip",
              "effective_number+augmentation: effective_number: {beta: 0.9, counts: tpr}, augmentation: {a: 1, view: crop}"],
    "text": ["augmentation: a: 1, view: swap",
             "focal+augmentation: focal: {gamma: 1}, augmentation: {a: 1, view: swap}"],
}
# What is not defined, and words of the reason.
UNDEFINED = [
    ("table", "augmentation: a: 1, view: flip", "the view flip does not fit a table"),
    ("table", "augmentation: a: 1, view: swap", "the view swap does not fit a table"),
    ("image", "augmentation: a: 1, view: swap", "of names in two parts, not of images"),
    ("text", "augmentation: a: 1, view: noise", "the view noise does not fit texts"),
    ("text", "smote: gamma: 1", "no text lies between two texts; use space: features"),
    ("table", "smote: gamma: 1, space: features", "features of a network that has learned nothing"),
    ("table", "tpr_weighting+placebo: tpr_weighting: {gamma: 1}, placebo: {gamma: 1}", "both set the class weights"),
    ("table", "ldam_drw+recall_loss: ldam_drw: {margin: 0.5, start: 0.5}", "both set the class weights"),
    ("table", "focal+twin: focal: {gamma: 1}", "twin is a training of its own"),
    ("table", "ldam_drw: margin: 0.5, start: 0.5, start_epoch: 1", 'unknown key "methods.0.start_epoch"'),
    ("table", "focal: gamma: 1, start_epoch: 3", "the method would never begin"),
    ("table", "focal: gamma: 1, rounds: 2", 'unknown key "methods.0.rounds"'),
    ("table", "effective_number: beta: 0.9, rounds: 2", "rounds has no effect where no TPRs are used"),
]


def item(line):
    """A line of the tables above as an item of a sweep file."""
    method, _, rest = line.partition(": ")
    name = f"[{', '.join(method.split('+'))}]" if "+" in method else method
    return f"  - {{method: {name}{', ' if rest else ''}{rest}}}\n"


class MethodsTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.write("table.csv", table_text())
        self.write("images.bin", image_bytes())
        self.write("names.csv", names_text())

    def sweep_of(self, kind, lines):
        return self.write(f"{kind}.yaml", HEAD.format(**KINDS[kind]) + "".join(item(line) for line in lines))

    def lines_of(self, kind):
        return [line for line in EVERYWHERE.splitlines() if line] + BESIDES[kind]

    def test_none_is_left_out(self):
        text = (SOURCE / "docs" / "format" / "sweep.md").read_text()
        table = text[text.index("| method | parameters"):]
        table = table[:table.index("\n\n")]
        documented = {name for row in table.splitlines()[2:] for name in re.findall(r"`(\w+)`", row.split("|")[1])
                      if not row.startswith("| all ")}
        documented |= {"tpr_weighting"}
        for kind in KINDS:
            here = {name for line in self.lines_of(kind) for name in line.partition(":")[0].split("+")}
            self.assertLessEqual(here, documented)
            self.assertEqual(documented - here, set(), kind)

    def test_every_method_on_every_kind_of_data(self):
        for kind in KINDS:
            lines = self.lines_of(kind)
            out, state = self.dir / f"out-{kind}", self.dir / f"state-{kind}"
            self.ok(self.command("run", self.sweep_of(kind, lines), "--state", state, "--out", out))
            results = json.loads((out / "results.json").read_text())
            arms = results["arms"]
            self.assertEqual(len(arms), len(lines) - 1, kind)
            self.assertEqual(results["completeness"]["missing"], [], kind)
            for arm in arms:
                self.assertEqual(len(arm["blocks"]), 1, (kind, arm["name"]))
            controls = {arm["method"] for arm in arms if arm["control"]}
            self.assertEqual(controls, {"placebo", "twin", "reseed", "same_cost"})

    def test_the_rest_is_refused_before_anything_is_trained(self):
        for kind, line, words in UNDEFINED:
            done = self.ok(self.command("plan", self.sweep_of(kind, [line]), "--state", self.state), code=2)
            self.assertIn(words, done.stderr, line)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)


if __name__ == "__main__":
    main()
