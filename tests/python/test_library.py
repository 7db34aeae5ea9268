"""The errors of importing the package with a library that does not fit."""

import os
import shutil
import subprocess
import sys
import tempfile
import unittest

import torch

from staa import _library

LOADED = _library.load()


class Library(unittest.TestCase):
    def error_of(self, path):
        process = subprocess.run([sys.executable, "-c", "import staa"], capture_output=True, text=True,
                                 env={**os.environ, "STAA_OPS_LIBRARY": path})
        self.assertNotEqual(process.returncode, 0)
        return process.stderr.strip().splitlines()[-1]

    def test_another_pytorch_is_told_in_one_sentence(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, _library.NAME)
            shutil.copy(LOADED, path)
            with open(path + ".torch", "w", encoding="utf-8") as file:
                file.write("9.8.7\n")
            error = self.error_of(path)
        self.assertIn("built against LibTorch 9.8.7", error)
        self.assertIn(torch.__version__, error)

    def test_a_missing_or_broken_library_is_told(self):
        self.assertIn("was not found", self.error_of("/nowhere/libstaa_ops.so"))
        with tempfile.NamedTemporaryFile(suffix=".so") as file:
            file.write(b"no library")
            file.flush()
            self.assertIn("ImportError", self.error_of(file.name))


if __name__ == "__main__":
    unittest.main()
