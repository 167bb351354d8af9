"""The former address of `runloop_async.models.scenarios.scorers`."""

from runloop_async.models.scenarios.scorers import *  # noqa: F403 - all of its names
