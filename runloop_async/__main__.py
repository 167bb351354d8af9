"""`python -m runloop_async`."""

import sys

from runloop_async.cli import main

if __name__ == "__main__":
    sys.exit(main())
