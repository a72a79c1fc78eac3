"""The files of a report, as `run` writes them and `evensweep report` makes them again, read by other people's parsers."""

import csv
import hashlib
import json
import re
import xml.etree.ElementTree

from program import FAKE_TRAINER, E2eTest, main


class ReportTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.env["EVENSWEEP_TRAINER"] = str(FAKE_TRAINER)
        self.ok(self.run_command(self.sweep(seeds=3)))
        self.results = json.loads((self.out / "results.json").read_text())

    def files(self, folder):
        return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}

    def rows(self, name):
        with open(self.out / name, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def test_made_again(self):
        again = self.dir / "again"
        done = self.ok(self.command("report", self.out / "results.json", "--out", again))
        self.assertEqual(self.files(again), self.files(self.out))
        self.assertIn(f"report: {again}/report.html", done.stderr)
        before = self.files(self.out)
        self.assertEqual(self.ok(self.command("report", self.out / "results.json", "-o", "quiet")).stdout,
                         f"{self.out}/report.html\n")
        self.assertEqual(self.files(self.out), before, "made again in its own folder")

    def test_not_results(self):
        for name, text, words in (("a.json", "{", "not valid JSON"), ("b.json", "{}", "schema"),
                                  ("c.json", '{"schema": "evensweep-results", "schema_version": 99}', "version")):
            done = self.ok(self.command("report", self.write(name, text)), code=2)
            self.assertRegex(done.stderr, rf"^evensweep: .*{name}: .*{words}")
            self.assertEqual(len(done.stderr.splitlines()), 1)
        self.ok(self.command("report", "none.json"), code=2)

    def test_figures_are_xml(self):
        figures = sorted((self.out / "figures").glob("*.svg"))
        self.assertEqual(len(figures), 9 + 3 * len(self.results["arms"]))
        for path in figures:
            root = xml.etree.ElementTree.parse(path).getroot()
            self.assertEqual(root.tag, "{http://www.w3.org/2000/svg}svg")
            self.assertIsNotNone(root.find("{http://www.w3.org/2000/svg}title"), path)
            self.assertNotIn("var(", path.read_text())

    def test_pdfs(self):
        for path in [*(self.out / "figures").glob("*.svg"), self.out / "report.svg"]:
            pdf = path.with_suffix(".pdf").read_bytes()
            self.assertTrue(pdf.startswith(b"%PDF-1.5") and pdf.rstrip().endswith(b"%%EOF"), path)
        no_fonts = self.write("fonts.conf", "<?xml version='1.0'?><!DOCTYPE fontconfig SYSTEM 'fonts.dtd'><fontconfig/>")
        done = self.ok(self.command("report", self.out, "--out", self.dir / "plain"),
                       env={"FONTCONFIG_FILE": str(no_fonts)})
        self.assertIn("evensweep: no PDFs: no font is installed", done.stderr)
        self.assertTrue((self.dir / "plain" / "report.html").exists())
        self.assertFalse((self.dir / "plain" / "report.pdf").exists())

    def test_sweep_file(self):
        self.assertEqual((self.out / "sweep.yaml").read_text(), (self.dir / "sweep.yaml").read_text())

    def test_task(self):
        run = self.results["runs"][-1]
        task = json.loads(self.ok(self.command("report", self.out, "--task", run["key"][:16])).stdout)
        self.assertEqual(task["runs"][0]["run"], run["key"])
        canonical = json.dumps(task["runs"][0]["spec"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        self.assertEqual(hashlib.sha256(canonical.encode()).hexdigest(), run["key"])
        done = self.ok(self.command("report", self.out, "--task", "nothing"), code=2)
        self.assertIn("no run of these results", done.stderr)

    def test_tables(self):
        arms = {arm["name"]: arm for arm in self.results["arms"]}
        rows = self.rows("tables/arms.csv")
        self.assertEqual([row["arm"] for row in rows], list(arms))
        for row in rows:
            self.assertEqual(float(row["d_unbiased_mean"]), arms[row["arm"]]["d_unbiased"]["mean"])
            self.assertEqual(float(row["p_adjusted"]), arms[row["arm"]]["p_adjusted"])
        classes = self.results["sweep"]["classes"]["names"]
        self.assertEqual(len(self.rows("tables/classes.csv")), len(arms) * len(classes))
        confusion = self.rows("tables/confusion.csv")
        self.assertEqual(len(confusion), (len(arms) + 1) * len(classes) ** 2)
        first = sum(float(row["rate"]) for row in confusion[:len(classes)])
        self.assertAlmostEqual(first, 1)
        for path in (self.out / "tables").glob("*.tex"):
            lines = [line for line in path.read_text().splitlines() if line.endswith(r" \\")]
            self.assertEqual(len({len(re.findall(r"(?<!\\)&", line)) for line in lines}), 1, path)

    def test_provenance(self):
        provenance = json.loads((self.out / "provenance.json").read_text())
        digests = {file["file"]: file["sha256"] for file in provenance["files"]}
        expected = {name: hashlib.sha256(content).hexdigest() for name, content in self.files(self.out).items()
                    if name != "provenance.json"}
        self.assertEqual(digests, expected)
        self.assertEqual(provenance["sweep_id"], self.results["sweep_id"])
        self.assertTrue(all(re.fullmatch("[0-9a-f]{64}", file["sha256"]) for file in provenance["data"]))
        self.assertEqual(provenance["trainers"][0]["trainer"], "fake_trainer 1")

    def test_bibliography(self):
        text = (self.out / "report.bib").read_text()
        self.assertEqual(text.count("{"), text.count("}"))
        keys = re.findall(r"(?m)^@\w+\{([\w-]+),$", text)
        self.assertEqual(len(keys), len(set(keys)))
        self.assertIn("lin2017focal", keys)


if __name__ == "__main__":
    main()
