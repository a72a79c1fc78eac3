"""A report as people see it, judged by other people's programs: browser, accessibility and validity checkers, LaTeX, PDF
readers. Every name in it is hostile. Skipped where these programs are missing: deploy/look installs them."""

import json
import os
import pathlib
import re
import shutil
import subprocess

from program import EVENSWEEP, FAKE_TRAINER, E2eTest, main

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
AXE = CACHE / "evensweep" / "axe-0.1.8" / "axe_playwright_python" / "axe.min.js"
PROGRAMS = ("chromium", "pdfinfo", "pdftotext", "tidy", "pdflatex", "bibtex")
MISSING = [name for name in PROGRAMS if shutil.which(name) is None] + ([] if AXE.exists() else ["axe-core"])

# What a browser, LaTeX, a spreadsheet or a shell might take for more than a name.
CLASSES = ("<img src=x onerror=alert(1)>", "a & b_c %d #e $f^g ~h \\i {j}", "=HYPERLINK(0)", "|pipe| *star* `tick`")
HEADER = "method,gamma,beta,seed,class,correct,total\n"

# Shows the report in a frame of a given width, asks axe about it, and leaves what was found in the page.
PROBE = """<!DOCTYPE html><meta charset="utf-8"><iframe id="frame" width="{width}" height="900"></iframe>
<pre id="found"></pre><script>
const frame = document.getElementById("frame"), report = {report}, axe = {axe};
frame.onload = async () => {{
  const page = frame.contentDocument, root = page.documentElement;
  const found = {{dark: frame.contentWindow.matchMedia("(prefers-color-scheme: dark)").matches,
                 wide: root.scrollWidth - root.clientWidth, text: page.body.innerText.length, violations: []}};
  const closed = [...page.querySelectorAll("details")];
  if (axe) {{
    const script = page.createElement("script");
    script.textContent = axe;
    page.head.append(script);
    const result = await frame.contentWindow.axe.run(page);
    found.violations = result.violations.map(v => v.id + ": " + v.nodes[0].html.slice(0, 200));
    found.passes = result.passes.length;
  }}
  closed.forEach(details => details.open = true);
  found.wide_open = root.scrollWidth - root.clientWidth;
  document.getElementById("found").textContent = JSON.stringify(found);
}};
frame.srcdoc = report;
</script>"""

DOCUMENT = r"""\documentclass[a4paper]{article}
\usepackage{booktabs,graphicx}
\begin{document}
%s
\nocite{*}
\bibliographystyle{plain}
\bibliography{report}
\end{document}
"""


def hostile_table():
    """Eight seeds of a grid of two parameters and a method without any, that help a little."""
    rows = []
    for method, gamma, beta, gain in (("baseline", "", "", 0), ("<b>&w</b>", 1, 0.9, 2), ("<b>&w</b>", 2, 0.9, 4),
                                      ("<b>&w</b>", 1, 0.99, 3), ("x_y$%", "", "", -2)):
        for seed in range(8):
            for c, name in enumerate(CLASSES):
                right = 60 + 9 * c + (seed * 7 + c * 3) % 4 + (gain if c < 2 else 0)
                rows.append(f'"{method}",{gamma},{beta},{seed},"{name}",{right},100\n')
    return HEADER + "".join(rows)


class ReportLookTest(E2eTest):
    def setUp(self):
        super().setUp()
        if MISSING:
            self.skipTest(f"not installed: {', '.join(MISSING)}; deploy/look installs them")

    def trained(self):
        """The report of a sweep: confusion matrices, learning curves, costs."""
        self.env["EVENSWEEP_TRAINER"] = str(FAKE_TRAINER)
        self.ok(self.run_command(self.sweep(seeds=6)))
        return self.out

    def hostile(self):
        table = self.write("hostile.csv", hostile_table())
        self.ok(self.command("analyze", table, "--out", self.dir / "hostile"))
        return self.dir / "hostile"

    def chromium(self, *arguments):
        done = self.ok(["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-extensions",
                        f"--user-data-dir={self.dir}/browser", *arguments])
        return done.stdout

    def look(self, folder, width, *, dark=False, axe=True):
        report = (folder / "report.html").read_text()
        policy = re.compile(r"<meta http-equiv=.Content-Security-Policy.[^>]*>")
        self.assertEqual(len(policy.findall(report)), 1)

        def quoted(text):  # for a script in a page
            return json.dumps(text).replace("</", "<\\/").replace("<!--", "<\\u0021--")

        # The report forbids scripts, so axe can only run in a copy that does not.
        page = self.write("probe.html", PROBE.format(width=width, report=quoted(policy.sub("", report)),
                                                     axe=quoted(AXE.read_text() if axe else "")))
        scheme = ["--blink-settings=preferredColorScheme=0"] if dark else []
        dom = self.chromium("--dump-dom", "--virtual-time-budget=60000", "--window-size=1400,1000", *scheme,
                            page.as_uri())
        found = re.search(r'<pre id="found">(\{.*?\})</pre>', dom, re.DOTALL)
        self.assertIsNotNone(found, "the browser did not come to an end")
        return json.loads(found[1].replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))

    def test_in_a_browser(self):
        for folder in (self.trained(), self.hostile()):
            self.assertLess((folder / "report.html").stat().st_size, 1_000_000)
            for width, dark in ((1280, False), (1280, True), (400, False)):
                with self.subTest(folder=folder.name, width=width, dark=dark):
                    found = self.look(folder, width, dark=dark)
                    self.assertEqual(found["dark"], dark)
                    self.assertEqual((found["wide"], found["wide_open"]), (0, 0), "it scrolls sideways")
                    self.assertEqual(found["violations"], [])
                    self.assertGreater(found["passes"], 15, "axe found nothing to judge")
                    self.assertGreater(found["text"], 3000)

    def test_html_is_valid(self):
        for folder in (self.trained(), self.hostile()):
            done = self.call(["tidy", "-quiet", "-errors", "-utf8", str(folder / "report.html")])
            self.assertEqual(done.stderr, "")
            self.assertEqual(done.returncode, 0)

    def test_printed_by_the_browser(self):
        paper = self.dir / "printed.pdf"
        self.chromium(f"--print-to-pdf={paper}", "--no-pdf-header-footer", (self.trained() / "report.html").as_uri())
        text = self.ok(["pdftotext", "-layout", str(paper), "-"]).stdout
        for title in ("Verdict", "Design", "Robustness", "Reproduce"):
            self.assertIn(title, text)

    def test_pdf(self):
        for folder in (self.trained(), self.hostile()):
            self.assertRegex(self.ok(["pdfinfo", str(folder / "report.pdf")]).stdout, r"Page size: +595\.\d+ x 841\.\d+")
            text = self.ok(["pdftotext", "-layout", str(folder / "report.pdf"), "-"]).stdout
            for title in ("Verdict", "Design", "What to keep in mind", "Robustness", "Reproduce"):
                self.assertIn(title, text)
            figures = sorted((folder / "figures").glob("*.pdf"))
            self.assertEqual([path.stem for path in figures],
                             [path.stem for path in sorted((folder / "figures").glob("*.svg"))])
            for path in figures:
                self.assertRegex(self.ok(["pdfinfo", str(path)]).stdout, r"Pages: +1\n")
        self.assertIn("<img src=x onerr", text, "a name as it is")

    def test_latex(self):
        for folder in (self.trained(), self.hostile()):
            parts = [f"\\input{{tables/{path.stem}}}" for path in sorted((folder / "tables").glob("*.tex"))]
            parts += [f"\\noindent\\includegraphics[width=\\linewidth]{{figures/{path.name}}}\\clearpage"
                      for path in sorted((folder / "figures").glob("*.pdf"))]
            self.assertGreater(len(parts), 10)
            (folder / "paper.tex").write_text(DOCUMENT % "\n".join(parts))
            latex = ["pdflatex", "-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "paper"]
            self.ok(latex, cwd=folder)
            self.assertNotIn("Warning--", self.ok(["bibtex", "paper"], cwd=folder).stdout)
            log = self.ok(latex, cwd=folder).stdout
            self.assertEqual(re.findall(r"Overfull \\hbox.*", log), [], "a table is wider than the line")
            text = self.ok(["pdftotext", "-layout", str(folder / "paper.pdf"), "-"]).stdout
            self.assertIn("sign-flip test", text)
        self.assertRegex(text, r"a & b ?c %d #e \$f")  # OT1 fonts have no _ and ^ to copy


if __name__ == "__main__":
    main()
