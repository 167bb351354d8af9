"""`python -m runloop_async`."""

import sys

from runloop_async.cli import main

sys.exit(main())
