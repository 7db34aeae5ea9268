"""The examples in Python do what they say."""

import contextlib
import io
import os
import pathlib
import runpy
import tempfile
import unittest

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples" / "python"


def said_by(name, *arguments):
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        runpy.run_path(str(EXAMPLES / name))["main"](*arguments)
    return said.getvalue()


class Examples(unittest.TestCase):
    def test_layer(self):
        said = said_by("layer.py")
        self.assertIn("StaaLif", said)
        self.assertGreater(float(said.splitlines()[-1].split()[0]), 90)

    def test_own_network(self):
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "weights.pt")
            said = said_by("own_network.py", path)
            self.assertTrue(os.path.exists(path))
        self.assertGreater(float(said.splitlines()[-1].split()[4]), 90)
