"""What the verbs say of bad input: one line, what is wrong, where, what to do, and the documented exit code.

CASES has one row for each situation; those of `run` and `plan` are in bad_state_test.py. docs/troubleshooting.md has a
section for each message that needs more words; its headings have to be what the program really says.
"""

import json
import re
import socket
import subprocess

from program import FAKE_TRAINER, SOURCE, main
from verbs import VerbsTest

OK, FAILED, USAGE, INCOMPLETE, UNREACHABLE, UNAUTHORISED = range(6)
TROUBLESHOOTING = SOURCE / "docs" / "troubleshooting.md"
ALONE = ("coordinator", "--http", "none", "--state", "{dir}/alone")
AGENT = ("agent", "--dir", "{dir}/agent", "--trainer", str(FAKE_TRAINER))

# (situation, arguments, exit code, the one line behind "evensweep: ")
CASES = [
    # typed wrongly
    ("unknown verb", ["stauts"], USAGE, r'there is no command "stauts"; did you mean "status"\? See evensweep --help'),
    ("unknown nested verb", ["data", "ftech"], USAGE, r'there is no command "ftech"; did you mean "fetch"\? .*'),
    ("unknown option", ["ls", "--al"], USAGE,
     r'there is no option "--al" of evensweep ls; did you mean "--all"\? See evensweep ls --help'),
    ("unknown word of an option", ["ls", "-o", "xml"], USAGE, r".*xml.*table,json,quiet.*; see evensweep ls --help"),
    ("no sweep", ["pause"], USAGE, r"sweep is required; see evensweep pause --help"),
    ("unknown shell", ["completion", "csh"], USAGE, r".*csh.*bash,zsh,fish.*"),
    ("out of range", ["submit", "x.yaml", "--priority", "9999"], USAGE, r".*9999 not in range -1000 to 1000.*"),
    # the way to a coordinator
    ("no coordinator", ["ls", "--coordinator", "127.0.0.1:{free}", "--patience", "0"], UNREACHABLE,
     r"the coordinator at 127\.0\.0\.1:\d+ is not reached: .+"),
    ("no socket", ["ls", "--coordinator", "unix:/nowhere", "--patience", "0"], UNREACHABLE,
     r"the coordinator at unix:/nowhere is not reached: .+"),
    ("unknown host", ["ls", "--coordinator", "nowhere.invalid:7077", "--ca", "{dir}/lab/ca.crt", "--patience", "0"],
     UNREACHABLE, r"the coordinator at nowhere\.invalid:7077 is not reached: .+"),
    ("no address", ["ls", "--coordinator", "head"], USAGE, r".*head.*HOST:PORT.*"),
    ("a port that is none", ["ls", "--coordinator", "head:70777"], USAGE, r".*head:70777.*"),
    ("another machine without TLS", ["ls", "--coordinator", "192.0.2.1:7077"], USAGE,
     r"the coordinator at 192\.0\.2\.1:7077 is on another machine, which needs TLS: give --ca FILE .*"),
    ("no CA file", ["ls", "--ca", "{dir}/none.crt"], USAGE, r"cannot read \S*/none\.crt: No such file or directory"),
    ("a certificate without its key", ["ls", "--ca", "{dir}/lab/ca.crt", "--cert", "{dir}/lab/client.crt"], USAGE,
     r"a certificate and its key go together; give both --cert and --key"),
    ("a certificate without a CA", ["ls", "--cert", "{dir}/lab/client.crt", "--key", "{dir}/lab/client.key"], USAGE,
     r"--cert needs the coordinator's CA as well: give --ca FILE"),
    ("no token file", ["ls", "--token-file", "{dir}/none"], USAGE, r"cannot open \S*/none: No such file or directory"),
    ("a token that all can read", ["ls", "--token-file", "{dir}/open.token"], FAILED, r"\S*/open\.token .*chmod.*"),
    ("an empty token file", ["ls", "--token-file", "{dir}/empty.token"], USAGE, r"\S*/empty\.token.*"),
    # names
    ("no such sweep", ["status", "e2ee"], USAGE, r'there is no sweep "e2ee"; did you mean "e2e"\?'),
    ("no such sweep at all", ["wait", "xyzzy"], USAGE, r'there is no sweep "xyzzy".*'),
    ("a short id", ["status", "e2"], USAGE, r'there is no sweep "e2".*'),
    ("no such arm", ["explain", "e2e/focl(gamma=2)/0"], USAGE, r'.*focl.*did you mean.*focal.*'),
    ("no arm of this number", ["logs", "e2e/99/0"], USAGE, r".*99.*"),
    ("no such seed", ["explain", "e2e/0/77"], USAGE, r".*77.*"),
    ("a sweep in place of a trial", ["explain", "e2e"], USAGE,
     r'"e2e" is a sweep; name one of its trials: SWEEP/ARM/SEED'),
    ("no such agent", ["drain", "onee"], USAGE, r'there is no agent "onee"; did you mean "one"\?'),
    ("no such state", ["ls", "e2e", "--state", "faild"], USAGE,
     r'there is no state "faild" of trials; did you mean "failed"\?'),
    ("states without a sweep", ["ls", "--state", "failed"], USAGE,
     r"--state is for the trials of a sweep; name the sweep"),
    # what does not go together
    ("watching as JSON", ["status", "e2e", "--watch", "-o", "json"], USAGE, r"--watch draws for people; .*"),
    ("following as JSON", ["logs", "e2e", "-f", "-o", "json"], USAGE,
     r"-f has no end that a JSON document could have.*"),
    ("retry of nothing", ["retry", "e2e"], USAGE, r"say what to try again: --failed"),
    ("extension by nothing", ["extend", "e2e", "seeds=1"], USAGE,
     r"e2e is the same sweep again; give more seeds or values"),
    ("extension by an unknown key", ["extend", "e2e", "sees=3"], USAGE, r'.*unknown key "sees"; did you mean seeds\?'),
    ("submission of no file", ["submit", "none.yaml"], USAGE, r"cannot read none\.yaml: No such file or directory"),
    ("report of a sweep without results", ["report", "xyzzy"], USAGE, r'.*xyzzy.*'),
    # a coordinator that cannot start
    ("port taken", [*ALONE, "--listen", "127.0.0.1:{deaf}"], FAILED,
     r"cannot listen on 127\.0\.0\.1:\d+; .*--listen.*"),
    ("listening for all without TLS", [*ALONE, "--listen", "0.0.0.0:0"], FAILED,
     r".*needs TLS.*evensweep certs init.*"),
    ("state in use", ["coordinator", "--http", "none", "--state", "{state}", "--listen", "unix:{dir}/other"], FAILED,
     r"the state folder \S* is in use by another evensweep \(process \d+\).*"),
    ("no configuration", [*ALONE, "--config", "{dir}/none.yaml"], USAGE, r"cannot read \S*/none\.yaml: .*"),
    ("a configuration that is none", [*ALONE, "--config", "{dir}/bad.yaml"], USAGE, r"\S*/bad\.yaml:2:\d+: .*"),
    ("no backup", ["coordinator", "--state", "{dir}/alone", "--restore"], USAGE,
     r"there is no backup in \S*/alone/backups; name one with --restore FILE"),
    ("a certificate that is none", [*ALONE, "--listen", "127.0.0.1:0", "--cert", "{dir}/bad.yaml",
     "--key", "{dir}/bad.yaml"],
     FAILED, r".*bad\.yaml.*"),
    # an agent that cannot start
    ("no trainer", [*AGENT[:3], "--trainer", "{dir}/none"], USAGE,
     r"cannot run the trainer \S*/none: No such file or directory"),
    ("slots that are none", [*AGENT, "--slots", "many"], USAGE, r".*--slots.*many.*"),
    ("labels that are none", [*AGENT, "--labels", "rack"], USAGE, r".*rack.*NAME=VALUE.*"),
    ("an unknown device", [*AGENT, "--device", "tpu"], USAGE, r".*tpu.*"),
    ("an agent's folder in use", ["agent", "--dir", "{dir}/one", "--trainer", str(FAKE_TRAINER)], FAILED,
     r"another agent uses the folder \S*/one; stop it, or give this one a folder of its own"),
    # certificates and tokens
    ("certificates twice", ["certs", "init", "{dir}/lab", "--host", "head"], FAILED, r".*\S*/lab/\S+.*"),
    ("a certificate of no authority", ["certs", "agent", "{dir}/none", "gpu-1"], USAGE, r".*\S*/none/ca\.\w+.*"),
    ("an unknown scope", ["certs", "token", "{dir}/lab", "bob", "--scope", "root"], USAGE,
     r".*root.*read,submit,agent,admin.*"),
    # data
    ("an unknown data set", ["data", "fetch", "satimge"], USAGE, r'.*satimge.*did you mean.*satimage.*'),
    ("init of nothing", ["init", "none.csv"], USAGE, r'"none\.csv" is neither a file nor a known data set; .*'),
    ("init over a file", ["init", "{dir}/t.csv", "--out", "{dir}/t.yaml"], FAILED,
     r"\S*/t\.yaml is there already; .*--force"),
    ("init of other columns", ["init", "{dir}/semicolons.csv"], USAGE,
     r'\S*/semicolons\.csv:1:2: ";" between the cells; .*'),
    ("init with a wrong label", ["init", "{dir}/t.csv", "--out", "{dir}/u.yaml", "--label", "clas"], USAGE,
     r'\S*/t\.csv: no column "clas" for the labels; did you mean "class"\?'),
    # the terminal
    ("top of no coordinator", ["top", "--coordinator", "127.0.0.1:{free}"], UNREACHABLE,
     r"the coordinator at 127\.0\.0\.1:\d+ is not reached: .+"),
]


class MessagesTest(VerbsTest):
    def setUp(self):
        super().setUp()
        self.start_agent("one")
        self.submit(seeds=1)
        self.ok(self.command("certs", "init", self.dir / "lab", "--host", "head"))
        self.write("bad.yaml", "version: 1\nlissten: x\n")
        for name, content, mode in (("open.token", "secret", 0o644), ("empty.token", "", 0o600)):
            self.write(name, content).chmod(mode)
        self.write("t.csv", "a,class\n" + "".join(f"{i},{'xy'[i % 2]}\n" for i in range(60)))
        self.write("t.yaml", "mine")
        self.write("semicolons.csv", "a;b\n1;2\n")
        self.deaf = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(self.deaf.close)
        with socket.create_server(("127.0.0.1", 0)) as freed:
            self.free = freed.getsockname()[1]

    def say(self, arguments):
        places = {"dir": self.dir, "state": self.state, "free": self.free, "deaf": self.deaf.getsockname()[1]}
        return self.call(self.command(*(word.format(**places) for word in arguments)))

    def test_messages(self):
        said = []
        for name, arguments, code, pattern in CASES:
            with self.subTest(name):
                done = self.say(arguments)
                print(f"{name}: exit {done.returncode}: {done.stderr.strip()}", flush=True)
                lines = done.stderr.splitlines()
                said += [line.removeprefix("evensweep: ") for line in lines]
                self.assertEqual((done.returncode, done.stdout), (code, ""), done.stderr)
                self.assertEqual(len(lines), 1, done.stderr)
                self.assertRegex(lines[0], f"^evensweep: {pattern}$")
                self.assertLess(len(lines[0]), 400)
        with self.subTest("a full disk"):
            with open("/dev/full", "w", encoding="utf-8") as full:
                done = self.call_into(full, "ls")
            said.append(done.stderr.strip().removeprefix("evensweep: "))
            self.assertEqual((done.returncode, done.stderr), (FAILED, "evensweep: cannot write to standard output\n"))
        self.check_headings(said)

    def test_doctor_finds_the_way(self):
        def findings(*arguments, code):
            done = self.ok(self.command("doctor", "--trainer", FAKE_TRAINER, "-o", "json", *arguments), code=code)
            return {found["check"]: found for found in json.loads(done.stdout)["findings"]}

        way = findings(code=OK)
        for check in ("address", "call", "clocks"):
            self.assertEqual(way[check]["health"], "ok", way[check])
        self.assertIn("1 agents are connected", way["call"]["text"])
        lost = findings("--coordinator", f"127.0.0.1:{self.free}", code=FAILED)
        self.assertIn("nothing listens there", lost["address"]["text"])
        self.assertNotIn("call", lost)
        deaf = findings("--coordinator", f"127.0.0.1:{self.deaf.getsockname()[1]}", code=FAILED)
        self.assertEqual((deaf["address"]["health"], deaf["call"]["health"]), ("ok", "failure"))
        self.assertIn("give --ca FILE", deaf["call"]["text"])
        for code, place in ((OK, self.address), (FAILED, "unix:/nowhere")):
            done = self.ok(self.command("doctor", "--quiet", "--trainer", FAKE_TRAINER, "--coordinator", place),
                           code=code)
            self.assertEqual(done.stdout + done.stderr, "")

    def call_into(self, file, *arguments):
        return subprocess.run(self.command(*arguments), env=self.env, cwd=self.dir, stdin=subprocess.DEVNULL,
                              stdout=file, stderr=subprocess.PIPE, text=True, check=False)

    def check_headings(self, said):
        """Each heading of docs/troubleshooting.md that is a message was really said, but for its PLACEHOLDERS."""
        headings = re.findall(r"(?m)^### `(.+)`$", TROUBLESHOOTING.read_text(encoding="utf-8"))
        self.assertGreater(len(headings), 15)
        for heading in headings:
            with self.subTest(heading):
                pattern = re.sub(r"[A-Z]{4,}|\\\.\\\.\\\.", ".+", re.escape(heading))
                self.assertTrue(any(re.fullmatch(pattern + ".*", line) for line in said), heading)


if __name__ == "__main__":
    main()
