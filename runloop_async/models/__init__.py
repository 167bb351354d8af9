"""What the API sends and takes: one file per group, as attrs classes and TypedDicts.

Import a model from the file of its group, such as `runloop_async.models.benchmarks`.
"""
