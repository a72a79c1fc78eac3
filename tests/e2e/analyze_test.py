"""`evensweep analyze`: tables of results from anywhere, good, bad and large."""

import csv
import json
import resource
import subprocess
import time

from program import EVENSWEEP, FAKE_TRAINER, E2eTest, main

LARGE_ROWS = 10_000_000

HEADER = "method,gamma,seed,class,correct,total\n"
GOOD = "".join(f"{method},{seed},{name},{right + seed},50\n"
               for method, right in (("baseline,", 30), ("mine,1", 33))
               for seed in range(6) for name, right in (("cat", right), ("dog", 43)))


def comparable(value):
    """Without what counts of correct answers do not tell: macro-F1 needs the confusions."""
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, dict):
        return {name: item for name, item in value.items() if name != "macro_f1_change"}
    return value


class AnalyzeTest(E2eTest):
    def analyze(self, file, *arguments, code=0):
        return self.ok(self.command("analyze", file, "--out", self.out, *arguments), code=code)

    def analyzed(self, file, *arguments):
        return json.loads(self.analyze(file, "-o", "json", *arguments).stdout)

    # ---- the same as a sweep

    def sweep_results(self):
        self.env["EVENSWEEP_TRAINER"] = str(FAKE_TRAINER)
        self.ok(self.run_command(self.sweep(seeds=6)))
        return json.loads((self.out / "results.json").read_text())

    def export(self, results, name, columns, rows_of_run):
        """A table of the sweep's runs, as somebody would write it who has only these."""
        arms = {arm["name"]: arm for arm in results["arms"]}
        settings = sorted({key for arm in results["arms"] for key in {**arm["parameters"], **arm["options"]}})
        runs = {run["key"]: run for run in results["runs"]}
        with open(self.dir / name, "w", newline="", encoding="utf-8") as file:
            table = csv.writer(file)
            table.writerow(["method", *settings, "seed", *columns])
            for trial in results["trials"]:
                arm = arms.get(trial["arm"], {"method": "baseline", "parameters": {}, "options": {}})
                values = {**arm["parameters"], **arm["options"]}
                start = [arm["method"], *(values.get(key, "") for key in settings), trial["seed"]]
                for row in rows_of_run(runs[trial["run"]]["test"], results["sweep"]["classes"]["names"]):
                    table.writerow([*start, *row])
        return self.dir / name

    def check_same(self, results, analyzed):
        self.assertEqual([arm["name"] for arm in analyzed["arms"]], [arm["name"] for arm in results["arms"]])
        for ours, theirs in zip(analyzed["arms"], results["arms"]):
            for name in ("d_unbiased", "sign_flip", "p_adjusted", "p_increase_adjusted", "p_non_inferior", "blocks",
                         "accuracy_change", "verdict", "verdict_sentence", "classes"):
                self.assertEqual(comparable(ours[name]), comparable(theirs[name]), (ours["name"], name))

    def test_the_same_as_the_sweep(self):
        results = self.sweep_results()
        counts = self.export(results, "counts.csv", ["class", "correct", "total"],
                             lambda test, names: [[name, row[i], sum(row)] for i, (name, row) in
                                                  enumerate(zip(names, test))])
        predictions = self.export(results, "predictions.csv", ["label", "prediction"],
                                  lambda test, names: [[label, names[i]] for label, row in zip(names, test)
                                                       for i, count in enumerate(row) for _ in range(count)])
        for table in (counts, predictions):
            with self.subTest(table.name):
                analyzed = self.analyzed(table, "--alpha", results["analysis"]["alpha"], "--margin",
                                         results["analysis"]["accuracy_margin"], "--correction",
                                         results["analysis"]["correction"])
                self.check_same(results, analyzed)
        self.assertEqual(analyzed["runs"][0]["test"], results["runs"][0]["test"], "confusions of the predictions")

    # ---- options

    def test_options(self):
        table = self.write("t.csv", HEADER + GOOD)
        analyzed = self.analyzed(table, "--alpha", "0.1", "--margin", "0.02", "--correction", "none", "--primary",
                                 "mine(gamma=1)")
        self.assertEqual((analyzed["analysis"]["alpha"], analyzed["analysis"]["accuracy_margin"],
                          analyzed["analysis"]["correction"], analyzed["analysis"]["primary"]),
                         (0.1, 0.02, "none", "mine(gamma=1)"))
        self.assertEqual(json.loads((self.out / "results.json").read_text()), analyzed)
        self.assertEqual(self.analyze(table, "-o", "quiet").stdout, f"{self.out}/report.html\n")
        self.assertIn("mine(gamma=1)", self.analyze(table).stdout)

    def test_bad_options(self):
        table = self.write("t.csv", HEADER + GOOD)
        for arguments, words in ((["--alpha", "2"], "alpha"), (["--margin", "-1"], "margin"),
                                 (["--correction", "hulm"], "hulm"), (["--primary", "mine(gama=1)"], "did you mean"),
                                 (["--alpha", "x"], "alpha")):
            with self.subTest(arguments):
                done = self.analyze(table, *arguments, code=2)
                self.assertIn(words, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)

    # ---- bad tables

    def test_bad_tables(self):
        cases = {
            "above.csv": (HEADER + GOOD + "mine,1,7,cat,51,50\n", "above.csv:26:14: 51 correct of 50"),
            "nan.csv": (HEADER + GOOD + "mine,1,7,cat,nan,50\n", 'nan.csv:26:14: "nan" in column "correct"'),
            "twice.csv": (HEADER + GOOD + "mine,1,0,cat,30,50\n", "twice.csv:26:1: mine(gamma=1) at seed 0"),
            "lacks.csv": (HEADER + GOOD + "mine,2,0,cat,30,50\n", "lacks.csv:26: mine(gamma=2) at seed 0"),
            "unequal.csv": (HEADER + GOOD + "mine,2,0,cat,30,50\nmine,2,0,dog,30,40\n", "unequal.csv:27: "),
            "ragged.csv": (HEADER + GOOD + "mine,1,7,cat,50\n", "ragged.csv:26:16: the row ends after 5 of 6 cells"),
            "empty.csv": ("", "empty.csv: the file is empty"),
        }
        for name, (text, message) in cases.items():
            with self.subTest(name):
                self.write(name, text)
                done = self.analyze(name, code=2)
                self.assertTrue(done.stderr.startswith("evensweep: " + message), done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1)
                self.assertEqual(done.stdout, "")
                self.assertFalse(self.out.exists(), "no report of a bad table")
        self.assertIn("No such file", self.analyze("none.csv", code=2).stderr)

    def test_one_seed(self):
        rows = [row for row in GOOD.splitlines(keepends=True) if row.split(",")[2] == "0"]
        analyzed = self.analyzed(self.write("t.csv", HEADER + "".join(rows)))
        self.assertEqual(analyzed["arms"][0]["verdict"], "not testable")
        self.assertIn("one complete block", analyzed["arms"][0]["verdict_sentence"])

    # ---- large

    def test_ten_million_rows(self):
        """Bounded memory, and far from minutes."""
        table = self.dir / "large.csv"
        with open(table, "w", encoding="utf-8") as file:
            file.write("method,gamma,seed,label,prediction\n")
            rows = 0
            arms = ["baseline,"] + [f"mine,{g / 4}" for g in range(1, 10)]
            each = LARGE_ROWS // (len(arms) * 10 * 100)
            for arm, method in enumerate(arms):
                for seed in range(10):
                    block = "".join(f"{method},{seed},c{i % 10},c{i % 10 if (i * 7 + arm * i + seed) % 13 else 3}\n"
                                    for i in range(100))
                    file.write(block * each)
                    rows += 100 * each
        begin = time.monotonic()
        process = subprocess.Popen([str(EVENSWEEP), "analyze", str(table), "--out", str(self.out), "-o", "json"],
                                   env=self.env, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=self.dir,
                                   preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (2**28, 2**28)))
        analyzed = json.loads(process.communicate()[0])
        self.assertEqual(process.returncode, 0, "with 256 MiB")
        took = time.monotonic() - begin
        print(f"{rows} rows ({table.stat().st_size / 1e6:.0f} MB) in {took:.1f} s", flush=True)
        self.assertEqual(analyzed["table"]["rows"], rows)
        self.assertEqual(len(analyzed["runs"]), 100)


if __name__ == "__main__":
    main()
