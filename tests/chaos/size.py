"""How long the scenarios last: short in `make test`, long in `make chaos`; the seed makes a run repeatable.

The short ones still kill at every point that there is, once; what more is killed shows little that is new to a test run
of every change.
"""

import os
from datetime import timedelta

LONG = "CHAOS_LONG" in os.environ
SEED = int(os.environ.get("CHAOS_SEED", "1"))

WORKER_KILLS = 60 if LONG else 8
SETTLE_KILLS = 40 if LONG else 6
API_KILLS = 45 if LONG else 3
DATABASE_KILLS = 20 if LONG else 2
FLEET_KILLS = 45 if LONG else 4
CROSSINGS = 1000 if LONG else 100
TEMPORAL_AWAY = timedelta(seconds=60 if LONG else 3)
EVERYTHING_AWAY = timedelta(seconds=600 if LONG else 34)
