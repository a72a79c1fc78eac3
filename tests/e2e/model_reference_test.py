"""tests/reference/models.json is what tests/reference/model_reference.py computes. Needs Python with PyTorch, in
EVENSWEEP_PYTHON.
"""

import os
import subprocess
import unittest

from program import SOURCE, main

PYTHON = os.environ.get("EVENSWEEP_PYTHON", "")


class ModelReferenceTest(unittest.TestCase):
    @unittest.skipUnless(os.access(PYTHON, os.X_OK), f"there is no Python with PyTorch at '{PYTHON}'")
    def test_the_checked_in_numbers(self):
        folder = SOURCE / "tests" / "reference"
        done = subprocess.run([PYTHON, folder / "model_reference.py", "--check", folder / "models.json"], text=True,
                              capture_output=True, check=False, timeout=300)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        print(done.stdout.strip(), flush=True)


if __name__ == "__main__":
    main()
