"""Runs the tests of one module: run.py LIBTORCH_VERSION MODULE. Exits with 77 if they cannot run."""

import sys
import unittest


def main():
    version, module = sys.argv[1:]
    try:
        import torch
    except ImportError as error:
        print(f"skipped: this Python has no PyTorch: {error}")
        sys.exit(77)
    if torch.__version__.split(".")[:2] != version.split(".")[:2]:
        print(f"skipped: PyTorch {torch.__version__}, but staa is built with LibTorch {version}")
        sys.exit(77)
    torch.set_num_threads(1)
    unittest.main(module=module, argv=[module, "-v"])


if __name__ == "__main__":  # some tests start processes that import this file
    main()
