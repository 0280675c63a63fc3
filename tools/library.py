"""What every tool imports first: it puts scripts/ on the path, where the library lies."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
