"""How much the soak does. ROTATOR_SOAK_SCALE=5 takes five times as many tables and items."""

import os

SCALE = int(os.environ.get("ROTATOR_SOAK_SCALE") or 1)
