"""How the programs are hardened, as readelf sees them, and that their bill of materials tells what they load."""

import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

BIN = pathlib.Path(os.environ.get("EVENSWEEP_BIN_DIR", "build/bin")).absolute()
SOURCE = pathlib.Path(os.environ.get("EVENSWEEP_SOURCE_DIR", pathlib.Path(__file__).parents[2])).absolute()
PROGRAMS = [BIN / name for name in ("evensweep", "evensweep-trainer") if (BIN / name).exists()]


def output(*command):
    return subprocess.run(list(map(str, command)), check=True, capture_output=True, text=True).stdout


class Hardening(unittest.TestCase):
    def test_the_programs_are_hardened(self):
        for program in PROGRAMS:
            with self.subTest(program=program.name):
                self.assertRegex(output("readelf", "-h", program), r"Type:\s+DYN", "no fixed addresses")
                segments = output("readelf", "-lW", program)
                self.assertIn("GNU_RELRO", segments)
                self.assertRegex(segments, r"GNU_STACK\s+(0x\S+\s+){5}RW ", "a stack that cannot be executed")
                dynamic = output("readelf", "-dW", program)
                self.assertTrue(re.search(r"FLAGS_1\).*\bNOW\b.*\bPIE\b", dynamic), "all is bound at the start")
                self.assertNotIn("TEXTREL", dynamic)
                for path in re.findall(r"R(?:UN)?PATH\).*\[(.*)\]", dynamic):
                    self.assertRegex(path, r"^/[^:$]*/torch/lib$", "libraries are looked for in places that are known")


class Bill(unittest.TestCase):
    def test_it_tells_what_is_loaded(self):
        for program in PROGRAMS:
            text = output(SOURCE / "deploy" / "sbom", program)
            self.assertEqual(text, output(SOURCE / "deploy" / "sbom", program))
            bill = json.loads(text)
            self.assertEqual((bill["bomFormat"], bill["specVersion"]), ("CycloneDX", "1.5"))
            self.assertRegex(bill["serialNumber"], r"^urn:uuid:[0-9a-f-]{36}$")
            parts = {part["name"]: part for part in bill["components"]}
            self.assertEqual(len(parts), len(bill["components"]), "a part twice")
            for name, part in parts.items():
                self.assertRegex(part["purl"], rf"^pkg:(deb/\w+|pypi)/{re.escape(name.replace('+', '%2B'))}@")
                self.assertTrue(part["version"])
            loaded = {name for name, part in parts.items() if part["properties"][0]["value"] == "loaded"}
            self.assertIn("libc6", loaded)
            version = output("dpkg-query", "--show", "--showformat=${Version}", "libc6").strip()
            self.assertEqual(parts["libc6"]["version"], version)
            # Nothing that the linker names is left out.
            names = set(output(SOURCE / "deploy" / "sbom", "--packages", program).split())
            self.assertLessEqual(names, loaded)
            if program.name == "evensweep":
                self.assertTrue([name for name in loaded if name.startswith("libgrpc++")])
                self.assertNotIn("torch", parts)
            elif "/torch/lib/" in output("ldd", program):
                self.assertEqual(len(parts["torch"]["hashes"][0]["content"]), 64)


if __name__ == "__main__":
    if not PROGRAMS:
        sys.exit("there are no programs in " + str(BIN))
    unittest.main(verbosity=2)
