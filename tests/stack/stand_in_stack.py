"""`larder up` with a real Temporal, and stand-ins for the worker, the API and the migration."""

import sys
from pathlib import Path

from settings import Settings
from stack.halt import Halt
from stack.supervisor import up


def main() -> int:
    """Run it as the command line does."""
    settings = Settings.from_environment()
    script = Path(__file__).with_name("stand_in.py")
    try:
        up(settings, lambda verb: (sys.executable, str(script), verb, str(settings.home), str(settings.port)))
    except Halt as halt:
        sys.stderr.write(f"{halt.sentence}\n")
        return halt.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
