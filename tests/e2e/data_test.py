"""`evensweep data`: what is known, fetching through a bad network, and what is said of people's own files."""

import hashlib
import http.server
import json
import random
import threading

from program import FAKE_TRAINER, SOURCE, E2eTest, main

DIGITS_CSV = SOURCE / "sweeps" / "data" / "digits.csv"
# Real data that is too large for the repository; EVENSWEEP_DATA names its folder where there is one.
SHARED = SOURCE.parent / "shared" / "data"


class Server:
    """Serves files of a folder on 127.0.0.1, as badly as it is told, and remembers what it was asked for."""

    def __init__(self, folder, cut=None, ranges=True):
        served = self
        self.asked = []  # (path, Range header)
        self.cut, self.ranges = cut, ranges

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                served.answer(self, folder)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, request, folder):
        asked = request.headers.get("Range")
        self.asked.append((request.path, asked))
        file = folder / request.path.lstrip("/")
        if not file.is_file():
            request.send_error(404)
            return
        content = file.read_bytes()
        begin = int(asked.removeprefix("bytes=").removesuffix("-")) if asked and self.ranges else 0
        request.send_response(206 if begin else 200)
        request.send_header("Content-Length", str(len(content) - begin))
        request.end_headers()
        rest = content[begin:]
        request.wfile.write(rest[: self.cut] if self.cut else rest)
        request.close_connection = True

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


class FetchTest(E2eTest):
    def setUp(self):
        super().setUp()
        self.env = {k: v for k, v in self.env.items() if not k.lower().endswith("_proxy")}
        self.mirror = self.dir / "mirror"
        self.content = DIGITS_CSV.read_bytes()
        self.write("mirror/digits.csv", self.content)
        self.file = self.dir / "data" / "data" / "digits.csv"
        self.part = self.file.with_name("digits.csv.part")

    def fetch(self, source, code=0, name="digits"):
        return self.ok(self.command("data", "fetch", name, "--to", self.dir / "data", "--from", source), code=code)

    def check_complete(self):
        self.assertEqual(self.file.read_bytes(), self.content)
        self.assertEqual([p.name for p in self.file.parent.iterdir()], ["digits.csv"], "nothing else is left")

    def test_fetch(self):
        with Server(self.mirror) as server:
            done = self.fetch(server.url)
            self.assertEqual(done.stdout, f"{self.file}\n")
            self.assertIn("digits: 1 new, 0 already there", done.stderr)
            self.check_complete()
            self.assertIn("digits: 0 new, 1 already there", self.fetch(server.url).stderr)
            self.assertEqual(server.asked, [("/digits.csv", None)], "what is there is not asked for again")

    def test_cut_connections(self):
        with Server(self.mirror, cut=100_000) as server:
            self.fetch(server.url + "/")
            self.check_complete()
            self.assertEqual([r for _, r in server.asked], [None, "bytes=100000-", "bytes=200000-"])

    def test_goes_on_from_what_is_there(self):
        self.write("data/data/digits.csv.part", self.content[:264_000])
        with Server(self.mirror) as server:
            self.fetch(server.url)
            self.check_complete()
            self.assertEqual([r for _, r in server.asked], ["bytes=264000-"])

    def test_server_without_ranges(self):
        self.write("data/data/digits.csv.part", self.content[:1000])
        with Server(self.mirror, ranges=False) as server:
            self.fetch(server.url)
        self.check_complete()

    def test_part_of_something_else(self):
        self.write("data/data/digits.csv.part", b"x" * 5000)
        with Server(self.mirror) as server:
            self.fetch(server.url)
            self.check_complete()
            self.assertEqual([r for _, r in server.asked], ["bytes=5000-", None])

    def test_complete_part(self):
        self.write("data/data/digits.csv.part", self.content)
        with Server(self.mirror) as server:
            self.fetch(server.url)
            self.assertEqual(server.asked, [])
        self.check_complete()

    def test_wrong_content(self):
        for content, words in ((b"y" * len(self.content), "its SHA-256 is"), (self.content + b"1", "longer than the")):
            self.write("mirror/digits.csv", content)
            with Server(self.mirror) as server:
                done = self.fetch(server.url, code=1)
            self.assertIn(words, done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
            self.assertFalse(self.file.exists())
            self.part.unlink(missing_ok=True)

    def test_file_that_ends_early(self):
        self.write("mirror/digits.csv", self.content[:-10])
        with Server(self.mirror) as server:
            done = self.fetch(server.url, code=1)
        self.assertIn("ends after 264964 of 264974 bytes", done.stderr)
        self.assertEqual(self.part.read_bytes(), self.content[:-10], "what has come stays")

    def test_not_found_and_not_reached(self):
        (self.mirror / "digits.csv").unlink()
        with Server(self.mirror) as server:
            self.assertIn("the server answers with error 404", self.fetch(server.url, code=1).stderr)
        self.assertIn("check the network", self.fetch(server.url, code=1).stderr)
        self.assertFalse(self.file.exists())

    def test_from_folder(self):
        self.fetch(self.mirror)
        self.check_complete()
        self.file.unlink()
        (self.mirror / "digits.csv").write_bytes(self.content[:-1])
        self.assertIn("264973 bytes instead of 264974", self.fetch(self.mirror, code=1).stderr)
        (self.mirror / "digits.csv").unlink()
        self.assertIn("no file data/digits.csv", self.fetch(self.mirror, code=2).stderr)
        self.assertIn("no folder", self.fetch(self.dir / "nowhere", code=2).stderr)

    def test_another_file_in_its_place_is_kept(self):
        self.write("data/data/digits.csv", b"mine")
        self.assertIn("move it away", self.fetch(self.mirror, code=1).stderr)
        self.assertEqual(self.file.read_bytes(), b"mine")

    def test_without_official_download(self):
        done = self.ok(self.command("data", "fetch", "names", "--to", self.dir), code=1)
        self.assertIn("--from", done.stderr)
        self.assertIn('did you mean "digits"?', self.fetch(self.mirror, code=2, name="digit").stderr)

    def test_satimage_from_its_originals(self):
        source = SHARED / "satimage" / "satimage.csv"
        if not source.exists():
            self.skipTest("no satimage.csv at hand")
        soils = {"red_soil": 1, "cotton_crop": 2, "grey_soil": 3, "damp_grey_soil": 4, "vegetation_stubble": 5,
                 "very_damp_grey_soil": 7}
        lines = []
        for row in source.read_text().splitlines()[1:]:
            cells = row.split(",")
            lines.append(" ".join(cells[:-1] + [str(soils[cells[-1]])]) + "\n")
        self.write("mirror/sat.trn", "".join(lines[:4435]))
        self.write("mirror/sat.tst", "".join(lines[4435:]))
        for place in (self.mirror, None):
            with Server(self.mirror, cut=300_000) as server:
                self.fetch(place or server.url, name="satimage")
            made = self.dir / "data" / "satimage"
            self.assertEqual([p.name for p in made.iterdir()], ["satimage.csv"])
            self.assertEqual((made / "satimage.csv").read_bytes(), source.read_bytes())
            (made / "satimage.csv").unlink()

    def test_found_without_being_told_where(self):
        """What is fetched to the default folder is found by sweeps, and before that the way to it is said."""
        sweep = self.write("sweep.yaml", DATA_SWEEP)
        done = self.ok(self.command("plan", sweep), code=2)
        self.assertIn('"evensweep data fetch digits" gets it', done.stderr)
        self.ok(self.command("data", "fetch", "digits", "--from", self.mirror))
        self.ok(self.command("plan", sweep))

    def test_ls(self):
        done = self.ok(self.command("data", "ls", "--data", self.dir / "data"))
        self.assertRegex(done.stdout, r"(?m)^digits +10 +265 kB  not here$")
        self.assertIn("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz (170.1 MB)", done.stdout)
        self.fetch(self.mirror)
        done = self.ok(self.command("data", "ls", "--data", self.dir / "data", "-o", "json"))
        listed = {d["name"]: d for d in json.loads(done.stdout)["datasets"]}
        self.assertEqual(listed["digits"]["folder"], str(self.dir / "data"))
        self.assertEqual(listed["digits"]["files"][0]["sha256"], hashlib.sha256(self.content).hexdigest())
        self.assertIsNone(listed["cifar10"]["folder"])


DATA_SWEEP = """\
version: 1
name: fetched
dataset: {format: csv, path: data/digits.csv}
model: mlp
training: {epochs: 1}
seeds: 2
methods: [{method: focal, gamma: 1}]
"""


def people(rows, seed=1):
    """A table of numbers and names with missing cells, in which the job tells most of the answer."""
    draw = random.Random(seed)
    lines = ["id,age,job,town,member,answer"]
    for i in range(rows):
        job = draw.choice(["clerk", "smith", "baker"])
        answer = {"clerk": "yes", "smith": "no", "baker": "maybe"}[job] if draw.random() < 0.9 else "no"
        age = "?" if draw.random() < 0.1 else str(draw.randint(18, 80))
        town = draw.choice(["Bonn", "Aix", "NA", '"Rome, the old"'])
        lines.append(f"{i},{age},{job},{town},1,{answer}")
    return "\n".join(lines) + "\n"


class CheckTest(E2eTest):
    def check(self, *arguments, code=0):
        return self.ok(self.command("data", "check", *arguments), code=code)

    def test_own_file(self):
        file = self.write("people.csv", people(300))
        text = self.check(file).stdout
        self.assertRegex(text, r"(?m)^people: 300 rows, 3 features, 3 classes$")
        self.assertRegex(text, r"(?m)^  age +number +\d+ +\d+  18 to 80$")
        self.assertRegex(text, r"(?m)^  town +category +\d+ +3$")
        self.assertRegex(text, r"(?m)^  answer +category +0 +3  label$")
        self.assertIn('column "id" tells rows apart', text)
        self.assertIn('column "member" is constant', text)
        read = json.loads(self.check(file, "-o", "json").stdout)
        self.assertEqual(read["rows"], 300)
        self.assertEqual(read["columns_read"]["categorical"], ["job", "town"])
        self.assertEqual(sorted(read["columns_read"]["missing"]["values"]), ["?", "NA"])
        self.assertEqual(sum(c["training"] + c["validation"] + c["test"] for c in read["classes"]), 300)

    def test_findings(self):
        rows = "".join(f"{i % 40},{'a' if i % 2 else 'b'}\n" for i in range(80))
        text = self.check(self.write("twice.csv", "x,label\n" + rows + "0,a\n")).stdout
        self.assertIn("40 rows are equal to an earlier one; delete", text)
        self.assertIn("1 row is equal to an earlier one but for the label", text)
        self.assertRegex(text, r"\d+ validation and \d+ test rows have the features of a training row")
        self.assertIn("2 of 2 classes have fewer than 20 test rows", text)

    def test_bad_files_are_one_line(self):
        for content, words in (
            (b"", "the file is empty"),
            (b"a;b\n1;2\n", "separate them with commas"),
            (b"a,label\n1,caf\xe9\n", ":2:1: not UTF-8"),
            (b"a,label\n1,x\n2\n", ":3:1: 1 cells, but 2"),
            (b"a,label\n1,x\n2,x\n", "every row has the label"),
            (b"a,label\n1,x\n2,y\n", "every class needs rows"),
        ):
            with self.subTest(words):
                done = self.check(self.write("bad.csv", content), code=2)
                self.assertIn(words, done.stderr)
                self.assertEqual(len(done.stderr.splitlines()), 1, done.stderr)
                self.assertEqual(done.stdout, "")
        self.assertIn("No such file", self.check(self.dir / "no.csv", code=2).stderr)
        self.assertIn("did you mean", self.check(self.write("p.csv", people(50)), "--label", "anwser", code=2).stderr)

    def test_sweep_file(self):
        text = self.check(SOURCE / "sweeps" / "digits.yaml").stdout
        self.assertRegex(text, r"(?m)^digits: 1797 rows, 64 features, 10 classes$")
        self.assertRegex(text, r"(?m)^  0 +\d+ +\d+ +\d+$")

    # ---- init, doctor

    def init(self, *arguments, code=0):
        return self.ok(self.command("init", *arguments), code=code)

    def test_init_from_own_file(self):
        self.write("people.csv", people(400))
        done = self.init("people.csv", "--label", "answer")
        self.assertEqual(done.stdout, "people.yaml\n")
        text = (self.dir / "people.yaml").read_text()
        for line in ("    label: answer", "    features: [age, job, town]", "    categorical: [job, town]",
                     "      numeric: median", '  # Column "id" tells rows apart, not kinds of them: left out.'):
            self.assertIn(line, text)
        self.assertLess(max(map(len, text.splitlines())), 121)
        plan = self.ok(self.command("plan", "people.yaml")).stdout
        self.assertIn("people: 7 arms x 10 seeds = 70 trials", plan)
        self.assertIn("is there already", self.init("people.csv", code=1).stderr)
        self.init("people.csv", "--label", "answer", "--force")
        self.ok(self.command("data", "check", "people.yaml"))

    def test_init_elsewhere(self):
        """From another folder, with names that YAML would take for something else, and no header line."""
        rows = "".join(f"{i % 7},{i * 37 % 11},{'yes' if i % 3 else 'no'}\n" for i in range(90))
        file = self.write("in/bare #1.csv", rows)
        self.init(file, "--label", "c3", "--out", self.dir / "x.yaml")
        text = (self.dir / "x.yaml").read_text()
        self.assertIn("    names: [c1, c2, c3]", text)
        self.assertIn(json.dumps(str(file)), text)
        self.ok(self.command("plan", self.dir / "x.yaml"))

    def test_init_of_known_data(self):
        self.write("mirror/digits.csv", DIGITS_CSV.read_bytes())
        self.assertIn('"evensweep data fetch digits" gets it', self.init("digits", code=2).stderr)
        self.ok(self.command("data", "fetch", "digits", "--from", self.dir / "mirror"))
        self.init("digits")
        self.ok(self.command("plan", "digits.yaml"))
        self.assertIn("neither a file nor a known data set", self.init("nothing.csv", code=2).stderr)

    def test_doctor(self):
        self.env["EVENSWEEP_TRAINER"] = str(FAKE_TRAINER)
        done = self.ok(self.command("doctor", "-o", "json"))
        found = {f["check"]: f for f in json.loads(done.stdout)["findings"]}
        self.assertEqual(set(found), {"build", "trainer", "machine", "gpu", "state", "clock", "data"})
        self.assertEqual(found["trainer"]["health"], "ok", found["trainer"])
        self.assertEqual(list(self.dir.iterdir()), [], "it leaves nothing behind")
        for program, words in (("/bin/true", "ends at once"), (self.dir / "no", "No such file")):
            done = self.ok(self.command("doctor", "--trainer", program), code=1)
            self.assertRegex(done.stdout, rf"(?m)^failure +trainer .*{words}")


if __name__ == "__main__":
    main()
