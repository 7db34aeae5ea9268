"""Compares a recording, converted to .npz, with what another program's reader makes of the original.

    compare_readers.py FORMAT ORIGINAL CONVERTED     exit code 77: the other reader is not installed
"""

import sys

import numpy as np


def others_events(kind, path):
    try:
        if kind == "aedat4":
            import aedat

            found = [p["events"] for p in aedat.Decoder(path) if "events" in p]
            events = np.concatenate(found)
            return events["t"], events["x"], events["y"], events["on" if "on" in events.dtype.names else "p"]
        from expelliarmus import Wizard

        events = Wizard(encoding=kind).read(path)
        return events["t"], events["x"], events["y"], events["p"]
    except ImportError as missing:
        print(missing)
        sys.exit(77)


def main():
    kind, original, converted = sys.argv[1:]
    ours = np.load(converted)
    for name, theirs in zip("txyp", others_events(kind, original)):
        mine = ours[name].astype(np.int64)
        theirs = theirs.astype(np.int64)
        if len(mine) != len(theirs):
            sys.exit(f"{name}: {len(mine)} events, the other reader has {len(theirs)}")
        if kind == "evt3" and name == "t":
            # expelliarmus 1.1.12 treats every decrease of the clock's lower bits as an overflow, even where the
            # camera corrects itself by a few microseconds. From there on, its times are too late by multiples of
            # 4,096.
            wrong = (theirs - mine) % 4096
        else:
            wrong = theirs - mine
        if wrong.any():
            at = np.flatnonzero(wrong)[0]
            sys.exit(f"{name}: event {at}: {mine[at]}, the other reader has {theirs[at]}")


main()
