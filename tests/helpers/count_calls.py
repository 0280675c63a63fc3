"""Run a script and write its profile when it ends, also where it ends by the operating system after its exit handlers.

``python count_calls.py PROFILE SCRIPT ARGUMENTS…``: cProfile's own command line writes nothing then.
"""

import atexit
import cProfile
import runpy
import sys
from pathlib import Path


def main() -> None:
    """Profile the script that the command line names."""
    path, script = sys.argv[1:3]
    sys.argv = sys.argv[2:]
    sys.path[0] = str(Path(script).parent)
    profile = cProfile.Profile()
    atexit.register(lambda: (profile.disable(), profile.dump_stats(path)))
    profile.enable()
    runpy.run_path(script, run_name="__main__")


if __name__ == "__main__":
    main()
