"""Where the project keeps what set-up and demo share."""

from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
SECONDS = BUILD / "set-up.seconds"
"""How long the last set-up took, which the demo prints."""
