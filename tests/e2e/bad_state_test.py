"""Bad files, bad folders, bad trainers: one clear line, the documented exit code, and nothing lost.

CASES has one row for each situation; README.md lists the exit codes.
"""

import json
import os
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import unittest

from program import FAKE_TRAINER, TRAINER, E2eTest, main, poll, sweep_text

FAILED, USAGE, INCOMPLETE = 1, 2, 3
PROGRESS = re.compile(r"evensweep: \d+/\d+ trials")
CSV = "a,b,label\n" + "".join(f"{i},{-i},{'xyz'[i % 3]}\n" for i in range(30))


class Place:
    """What a case may spoil: the folder of its test, with a sweep file, its data, and a state with results in it."""

    def __init__(self, test):
        self.test = test
        self.sweep = test.write("sweep.yaml", sweep_text(data="data.csv"))
        self.data = test.write("data.csv", CSV)
        self.state, self.out = test.state, test.out
        self.trainer = FAKE_TRAINER
        self.verb, self.overrides, self.env = "run", ["seeds=1"], {}

    def put(self, name, content):
        return self.test.write(name, content)

    def command(self):
        command = self.test.command(self.verb, self.sweep, *self.overrides, "--state", self.state)
        return command + ["--out", str(self.out), "--trainer", str(self.trainer)] if self.verb == "run" else command


def as_user(command):
    """The command without root's right to override permissions, where we are root."""
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *command] if os.geteuid() == 0 else command


# ---- what a case does to its place


def no_sweep(place):
    place.sweep = place.test.dir / "absent.yaml"


def sweep_is_folder(place):
    place.sweep.unlink()
    place.sweep.mkdir()


def sweep_unreadable(place):
    place.sweep.chmod(0)


def sweep_holds(text):
    return lambda place: place.sweep.write_text(text)


def sweep_edit(old, new):
    def edit(place):
        text = place.sweep.read_text()
        assert old in text, old
        place.sweep.write_text(text.replace(old, new))

    return edit


def override(text):
    return lambda place: place.overrides.append(text)


def data_holds(text):
    return lambda place: place.data.write_text(text)


def no_data(place):
    place.data.unlink()


def data_is_folder(place):
    place.data.unlink()
    place.data.mkdir()


def data_unreadable(place):
    place.data.chmod(0)


def cifar_holds(content):
    def edit(place):
        place.put("batch.bin", content)
        place.sweep.write_text(sweep_text().replace(
            place.sweep.read_text().splitlines()[2], "dataset: {format: cifar10, path: batch.bin}").replace(
                sweep_text().splitlines()[2], "dataset: {format: cifar10, path: batch.bin}"))

    return edit


def state_read_only(place):
    place.state.chmod(0o555)
    for path in place.state.rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)


def parent_read_only(place):
    folder = place.test.dir / "sealed"
    folder.mkdir()
    folder.chmod(0o555)
    place.state = folder / "state"


def out_parent_read_only(place):
    folder = place.test.dir / "sealed"
    folder.mkdir()
    folder.chmod(0o555)
    place.out = folder / "out"


def out_read_only(place):
    place.out = place.test.dir / "sealed"
    place.out.mkdir()
    place.out.chmod(0o555)


def state_is_file(place):
    place.state = place.put("a_file", "")


def database_garbage(place):
    place.state = place.test.dir / "state2"
    place.put("state2/evensweep.db", b"\x07 this is no database \xff" * 100)


def database_foreign(place):
    place.state = place.test.dir / "state2"
    place.state.mkdir()
    database = sqlite3.connect(place.state / "evensweep.db")
    database.execute("CREATE TABLE accounts (id INTEGER)")
    database.commit()
    database.close()


def database_newer(place):
    shutil.copytree(place.state, place.test.dir / "state2")
    place.state = place.test.dir / "state2"
    database = sqlite3.connect(place.state / "evensweep.db")
    database.execute("UPDATE meta SET value = 99")
    database.commit()
    database.close()


def database_truncated(place):
    shutil.copytree(place.state, place.test.dir / "state2")
    place.state = place.test.dir / "state2"
    path = place.state / "evensweep.db"
    os.truncate(path, path.stat().st_size // 2)
    for other in place.state.glob("evensweep.db-*"):
        other.unlink()


def out_is_file(place):
    place.out = place.put("a_file", "")


def trainer_is(content, mode):
    def edit(place):
        place.trainer = place.put("trainer", content)
        place.trainer.chmod(mode)

    return edit


def no_trainer(place):
    place.trainer = place.test.dir / "absent"


def trainer_is_folder(place):
    place.trainer = place.test.dir


def fake(mode):
    def edit(place):
        place.overrides.append("seeds=2")
        place.env["FAKE_TRAINER_MODE"] = mode

    return edit


def together(*edits):
    def edit(place):
        for one in edits:
            one(place)

    return edit


def plan(edit):
    return together(lambda place: setattr(place, "verb", "plan"), edit)


ROWS = CSV.splitlines(keepends=True)
RECORD = bytes([3]) + bytes(3072)
FILE = r"\S*/sweep\.yaml"
DATA = r"\S*/data\.csv"

# (situation, what is done to the place, exit code, the one line on standard error after "evensweep: ")
CASES = [
    # the sweep file
    ("no sweep file", no_sweep, USAGE, r"cannot read \S*/absent\.yaml: No such file or directory"),
    ("plan without a sweep file", plan(no_sweep), USAGE, r"cannot read \S*/absent\.yaml: No such file or directory"),
    ("the sweep file is a folder", sweep_is_folder, USAGE, rf"{FILE} is a folder; name the sweep file in it"),
    ("the sweep file is not readable", sweep_unreadable, FAILED, rf"cannot read {FILE}: Permission denied"),
    ("empty sweep file", sweep_holds(""), USAGE, rf"{FILE}:1:1: .*empty.*"),
    ("broken YAML", sweep_holds("version: 1\nname: [a\n"), USAGE, rf"{FILE}:\d+:\d+: .+"),
    ("a tab in the sweep file", sweep_edit("name: e2e", "\tname: e2e"), USAGE, rf"{FILE}:2:\d+: .+"),
    ("unknown key", sweep_edit("epochs:", "epoch:"), USAGE,
     rf'{FILE}:5:12: unknown key "training\.epoch"; did you mean training\.epochs\?'),
    ("value of a wrong type", sweep_edit("batch_size: 64", "batch_size: many"), USAGE, rf"{FILE}:5:\d+: .*many.*"),
    ("version of the future", sweep_edit("version: 1", "version: 2"), USAGE, rf"{FILE}:1:10: .*version.*"),
    ("unknown override", override("training.epoch=5"), USAGE,
     r'override training\.epoch=5: unknown key "training\.epoch"; did you mean training\.epochs\?'),
    ("override without a value", override("seeds"), USAGE, r".*seeds.*key=value.*"),
    ("override of a wrong type", override("seeds=no"), USAGE, r"override seeds=no: .+"),
    # the data
    ("no data file", no_data, USAGE, rf"{FILE}:3:\d+: .*data\.csv.*"),
    ("the data file is a folder", data_is_folder, USAGE, rf"{FILE}:3:\d+: .*data\.csv.*"),
    ("the data file is not readable", data_unreadable, FAILED, rf"{FILE}:3:\d+: .*Permission denied"),
    ("empty data file", data_holds(""), USAGE, rf"{DATA}.*(empty|header).*"),
    ("ragged data", data_holds("".join(ROWS[:5]) + "1,2\n" + "".join(ROWS[5:])), USAGE, rf"{DATA}:6\b.*"),
    ("a cell that is no number", data_holds(CSV.replace("7,-7", "7,seven")), USAGE, rf"{DATA}:9:\d+: .*seven.*"),
    ("a cell that is not finite", data_holds(CSV.replace("7,-7", "7,nan")), USAGE, rf"{DATA}:9:\d+: .*nan.*"),
    ("no label column", data_holds(CSV.replace("label", "lable")), USAGE, rf"{DATA}.*label.*"),
    ("one class", data_holds(re.sub("[yz]\n", "x\n", CSV)), USAGE, rf"{DATA}.*class.*"),
    ("a class too small for all parts", data_holds(CSV + "1,2,w\n"), USAGE, r'.*class "?w"?.*'),
    ("truncated CIFAR batch", cifar_holds(RECORD * 20 + RECORD[:100]), USAGE, r"\S*/batch\.bin.*3,?073.*"),
    ("CIFAR label out of range", cifar_holds(RECORD * 20 + bytes([10]) + RECORD[1:]), USAGE,
     r"\S*/batch\.bin.*\b10\b.*"),
    # the state folder
    ("read-only state folder", state_read_only, FAILED, r".*\S*/state/lock: Permission denied"),
    ("state in a read-only folder", parent_read_only, FAILED, r"cannot make the folder \S*/state: Permission denied"),
    ("a file in place of the state folder", state_is_file, FAILED, r".*\S*/a_file.*: Not a directory"),
    ("garbage in place of the database", database_garbage, FAILED,
     r"\S*/evensweep\.db is not a database of evensweep; move it away or choose another --state"),
    ("another program's database", database_foreign, FAILED,
     r"\S*/evensweep\.db is not a database of evensweep; move it away or choose another --state"),
    ("plan with garbage for a database", plan(database_garbage), FAILED, r".*\S*/evensweep\.db.*not a database.*"),
    ("database of a newer program", database_newer, FAILED,
     r"\S*/evensweep\.db was written by a newer evensweep .*; use that version, or another --state"),
    ("plan with a newer program's database", plan(database_newer), FAILED,
     r"\S*/evensweep\.db was written by a newer evensweep.*; use that version.*"),
    ("damaged database", database_truncated, FAILED,
     r"\S*/evensweep\.db is damaged; bring back a copy of it, or choose another --state"),
    # the report's folder
    ("a file in place of the report's folder", out_is_file, FAILED,
     r"cannot make the folder \S*/a_file: Not a directory"),
    ("report in a read-only folder", out_parent_read_only, FAILED,
     r"cannot make the folder \S*/out: Permission denied"),
    ("a file in place of the report's folder, before training", together(out_is_file, override("seeds=2")), FAILED,
     r"cannot make the folder \S*/a_file: Not a directory"),
    ("report into a read-only folder, before training", together(out_read_only, override("seeds=2")), FAILED,
     r"cannot write into the folder \S*/sealed: Permission denied"),
    # the trainer
    ("no trainer", together(no_trainer, override("seeds=2")), FAILED,
     r"cannot run the trainer \S*/absent: No such file or directory"),
    ("the trainer is not executable", together(trainer_is("", 0o644), override("seeds=2")), FAILED,
     r"cannot run the trainer \S*/trainer: Permission denied"),
    ("the trainer is a folder", together(trainer_is_folder, override("seeds=2")), FAILED,
     r"the trainer \S* is a folder"),
]

# (situation, arguments, the line)
WRONG_USAGE = [
    ("unknown verb", ["rnu", "sweep.yaml"], r'there is no command "rnu"; did you mean "run"\?.*'),
    ("unknown option", ["run", "sweep.yaml", "--stat", "x"], r".*--stat.*[Ss]ee evensweep .*--help"),
    ("option without its value", ["run", "sweep.yaml", "--state"], r".*--state.*"),
    ("unknown output", ["run", "sweep.yaml", "-o", "xml"], r".*xml.*"),
    ("no slots", ["run", "sweep.yaml", "--slots", "0"], r".*--slots.*"),
    ("verb without a file", ["run"], r"file is required.*"),
]

# (situation, mode of the fake trainer, what the report says): all fails, and a second try is made and fails as well
BAD_TRAINERS = [
    ("crash at the start", "no_start", "does not start"),
    ("crash in training", "crash", "SIGSEGV"),
    ("killed for memory", "oom", "SIGKILL"),
    ("odd exit code", "exit:7", "exited with code 7"),
    ("garbage for an event", "garbage", "broke its contract"),
    ("no result", "no_result", "finished without a result"),
    ("not a number in the result", "nan_result", "the result is not valid"),
    ("divergence", "failed:diverged", "as asked"),
]


class BadStateTest(E2eTest):
    def place(self):
        """A new place whose sweep has been trained at one seed."""
        if not self.trained.exists():
            place = Place(self)
            self.ok(place.command())
            shutil.rmtree(self.out)
            shutil.copytree(self.state, self.trained)
        self.clear()
        shutil.copytree(self.trained, self.state)
        return Place(self)

    @property
    def trained(self):
        return self.dir / "trained"

    def clear(self):
        for path in self.dir.iterdir():
            if path == self.trained:
                continue
            if path.is_dir():
                subprocess.run(["chmod", "-R", "u+rwX", str(path)], check=True)
                shutil.rmtree(path)
            else:
                path.unlink()

    def check_message(self, done, code, pattern):
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        self.assertNotRegex(done.stderr, r"terminate called|core dumped|Assertion|\bat 0x|\.cc\b")
        lines = [line for line in done.stderr.splitlines() if not PROGRESS.match(line)]
        self.assertEqual(len(lines), 1, done.stderr)
        self.assertRegex(lines[0], "^evensweep: " + pattern + "$")
        self.assertLess(len(lines[0]), 400)

    def test_cases(self):
        for name, spoil, code, pattern in CASES:
            with self.subTest(name):
                place = self.place()
                before = self.stored()
                spoil(place)
                done = self.call(as_user(place.command()), env=place.env)
                print(f"{name}: exit {done.returncode}: {done.stderr.strip()}", flush=True)
                self.check_message(done, code, pattern)
                self.assertEqual(done.stdout, "")
                self.assertEqual(self.stored(), before, "what was stored must stay")

    def test_wrong_usage(self):
        for name, arguments, pattern in WRONG_USAGE:
            with self.subTest(name):
                done = self.call(self.command(*arguments))
                print(f"{name}: exit {done.returncode}: {done.stderr.strip()}", flush=True)
                self.check_message(done, USAGE, pattern)

    def stored(self):
        return self.query("SELECT * FROM results ORDER BY 1")

    def test_bad_trainers(self):
        """A trainer that fails every time: the report says which trials lack and why; a good one mends it."""
        for name, mode, reason in BAD_TRAINERS:
            with self.subTest(name):
                place = self.place()
                fake(mode)(place)
                done = self.call(place.command(), env=place.env)
                print(f"{name}: exit {done.returncode}: {done.stderr.strip()}", flush=True)
                self.assertEqual(done.returncode, INCOMPLETE, done.stderr)
                self.assertIn("evensweep: 5 of 10 trials have no result; the report says why", done.stderr)
                self.assertNotIn("terminate called", done.stderr)
                missing = json.loads((self.out / "results.json").read_text())["completeness"]["missing"]
                self.assertEqual({entry["seed"] for entry in missing}, {1})
                self.assertEqual(len(missing), 5)
                self.assertIn(reason, str(missing))
                self.assertIn(reason.split()[0], (self.out / "report.md").read_text())
                again = self.call(place.command())
                if mode == "failed:diverged":  # a finding, not an accident
                    self.assertEqual(again.returncode, INCOMPLETE, again.stderr)
                else:
                    self.assertEqual(again.returncode, 0, again.stderr)
                    self.assertEqual(self.results_stored(), 10)

    def test_trainer_fails_once(self):
        """One accident of each kind costs nothing but time."""
        for mode in ["crash", "oom", "exit:7", "garbage", "no_result", "wrong_run", "long_line"]:
            with self.subTest(mode):
                place = self.place()
                fake("once:" + mode)(place)
                self.ok(place.command(), env=place.env)
                self.check_attempts(10)

    def test_two_at_once(self):
        place = self.place()
        fake("sleep:100000")(place)
        process = self.start(place.command(), env=place.env)
        poll(lambda: any(not ended for _, _, ended, _ in self.attempts()), "a training")
        done = self.call(place.command())
        self.check_message(done, FAILED, rf"the state folder \S*/state is in use by another evensweep "
                                         rf"\(process {process.pid}\); wait for it, or choose another --state")
        self.ok(self.command("plan", place.sweep, "--state", place.state))
        os.killpg(process.pid, signal.SIGINT)
        self.assertEqual(process.wait(60), 130)
        self.ok(place.command())
        self.check_attempts(10)

    @unittest.skipUnless(TRAINER.exists(), "evensweep-trainer is not built")
    def test_diverging_training(self):
        """A learning rate that blows up: a finding of its own, never tried again, named in the report."""
        command = self.run_command(self.sweep(seeds=2), "training.lr=1e30")
        done = self.call(command)
        self.assertEqual(done.returncode, INCOMPLETE, done.stderr)
        self.assertIn("evensweep: 10 of 10 trials have no result; the report says why", done.stderr)
        report = self.report()
        baselines = [run for run in report["runs"] if "baseline" in run["arms"]]
        self.assertEqual([run["failure"]["class"] for run in baselines], ["diverged"] * 2)
        self.assertRegex(baselines[0]["failure"]["message"], "not finite at epoch 1")
        self.assertEqual({(entry["arm"], entry["seed"]) for entry in report["completeness"]["missing"]},
                         {(trial["arm"], trial["seed"]) for trial in report["trials"]})
        for entry in report["completeness"]["missing"]:
            self.assertRegex(entry["reason"], "diverged|not finite", entry)
        self.assertIn("diverged", (self.out / "report.md").read_text())
        attempts = self.attempts()
        self.assertEqual(self.call(command).returncode, INCOMPLETE)
        self.assertEqual(self.attempts(), attempts, "a divergence is not tried again")

    def test_remarks(self):
        """What goes wrong on the way is said at once, each thing once."""
        place = self.place()
        fake("no_start")(place)
        done = self.call(place.command(), env=place.env)
        lines = done.stderr.splitlines()
        remark = "evensweep: agent: the trainer evensweep-3 does not start: it exited with code 1 before its hello"
        self.assertEqual(lines.count(remark), 1, done.stderr)

    # ---- full disks

    def on_small_disk(self, script):
        """Runs a script with a file system of 1 MiB in $DISK that nobody else sees."""
        disk = self.dir / "disk"
        disk.mkdir(exist_ok=True)
        rights = ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]
        mount = f"mount -t tmpfs -o size=1m none {disk}"
        if self.call([*rights, "sh", "-c", mount]).returncode != 0:
            self.skipTest("no private file system can be mounted here")
        return self.call([*rights, "bash", "-c", f"set -u; DISK={disk}; {mount}; {script}"])

    def test_state_on_full_disk(self):
        place = self.place()
        place.state, place.overrides = self.dir / "disk" / "state", ["seeds=100"]
        run = " ".join(place.command())
        done = self.on_small_disk(f"""
            {run} -o quiet; echo "first $?"
            {self.query_command("SELECT count(*) FROM results")}
            {run} -o quiet; echo "second $?"
            mount -o remount,size=100m $DISK
            {run} -o quiet > /dev/null; echo "third $?"
            {self.query_command("SELECT count(*), count(DISTINCT run) - (SELECT count(*) FROM results) FROM trials")}
            {self.query_command("SELECT max(n) FROM (SELECT count(*) AS n FROM attempts WHERE ended_at NOTNULL "
                                "AND failure_json IS NULL GROUP BY run)")}""")
        print(f"state on a full disk: {done.stdout.split()} {done.stderr.strip()}", flush=True)
        lines = done.stdout.splitlines()
        self.assertEqual([lines[0], lines[2], lines[3]], ["first 1", "second 1", "third 0"])
        self.assertGreater(int(lines[1]), 0)
        self.assertLess(int(lines[1]), 500)
        self.assertEqual(lines[4:], ["500 0", "1"], "every trial has a run with a result, each trained once")
        errors = done.stderr.splitlines()
        self.assertTrue(all(line.startswith("evensweep: ") for line in errors), done.stderr)
        full = [line for line in errors if "is full; nothing stored is lost" in line]
        self.assertIn(len(full), (2, 3), "once for each run, and once more where the coordinator is first to say so")
        self.assertLessEqual(len(errors), 4, "a remark of the agent may come first")

    def test_report_on_full_disk(self):
        place = self.place()
        place.out = self.dir / "disk" / "out"
        run = " ".join(place.command())
        done = self.on_small_disk(f"""
            head -c 2000000 /dev/zero > $DISK/ballast 2> /dev/null
            {run}; echo "first $?"
            find $DISK/out -type f | wc -l
            rm $DISK/ballast
            {run} -o quiet; echo "second $?" """)
        lines = done.stdout.splitlines()
        self.assertEqual(lines[0], "first 1", done.stdout + done.stderr)
        self.assertEqual(lines[1], "0", "no part of a report is left behind")
        self.assertEqual(lines[3], "second 0")
        self.check_message(subprocess.CompletedProcess([], 1, "", done.stderr), 1,
                           r".*\S*/disk/out.*: No space left on device")

    def query_command(self, sql):
        code = "import sqlite3, sys; print(*sqlite3.connect(sys.argv[1]).execute(sys.argv[2]).fetchone())"
        return f"{sys.executable} -c '{code}' $DISK/state/evensweep.db '{sql}'"


if __name__ == "__main__":
    main()
