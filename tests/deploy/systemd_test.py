"""The units of deploy/systemd by systemd itself, and that each has what the house asks of a service. How confined they
are, systemd-analyze security says in tests/e2e/security_test.py."""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

SOURCE = pathlib.Path(os.environ.get("EVENSWEEP_SOURCE_DIR", pathlib.Path(__file__).parents[2])).absolute()
UNITS = sorted((SOURCE / "deploy" / "systemd").glob("*.service"))
DRAIN = {"coordinator": 5, "agent": 24}  # seconds (docs/operating.md)


def settings(unit):
    lines = [line for line in unit.read_text().splitlines() if "=" in line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


class Units(unittest.TestCase):
    def test_systemd_takes_them(self):
        with tempfile.TemporaryDirectory() as folder:
            for unit in UNITS:
                copy = pathlib.Path(folder) / unit.name
                copy.write_text(unit.read_text().replace("/usr/bin/evensweep", "/bin/true"))
                done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True,
                                      text=True, check=False)
                self.assertEqual((done.returncode, [line for line in done.stderr.splitlines() if unit.name in line]),
                                 (0, []))
            copy.write_text(copy.read_text().replace("NoNewPrivileges=", "NoNewPrivilege="))
            done = subprocess.run(["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True,
                                  check=False)
            self.assertIn("NoNewPrivilege", done.stderr)

    def test_they_have_what_a_service_needs(self):
        self.assertEqual(len(UNITS), 2)
        for unit in UNITS:
            of = settings(unit)
            with self.subTest(unit=unit.name):
                self.assertEqual({of[name] for name in ("NoNewPrivileges", "PrivateTmp", "RestrictNamespaces")}, {"yes"})
                self.assertEqual((of["ProtectSystem"], of["CapabilityBoundingSet"], of["KillMode"], of["Restart"]),
                                 ("strict", "", "mixed", "on-failure"))
                self.assertEqual(of["RestrictAddressFamilies"], "AF_INET AF_INET6 AF_UNIX")
                self.assertLessEqual({"ProtectHome", "StateDirectory", "SystemCallFilter", "LimitNOFILE", "TasksMax",
                                      "MemoryMax", "User"}, set(of))
                self.assertGreater(int(of["TimeoutStopSec"]), DRAIN[unit.stem.removeprefix("evensweep-")])
        self.assertEqual(settings(SOURCE / "deploy/systemd/evensweep-coordinator.service")["MemoryDenyWriteExecute"], "yes")
        # Else systemd would end the whole agent for one training that the kernel ends.
        self.assertEqual(settings(SOURCE / "deploy/systemd/evensweep-agent.service")["OOMPolicy"], "continue")


if __name__ == "__main__":
    if not shutil.which("systemd-analyze"):
        print("skipped: there is no systemd-analyze", file=sys.stderr)
        sys.exit(77)
    unittest.main(verbosity=2)
