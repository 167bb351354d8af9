"""What can be asked of the API: one file and one class per group, and no I/O.

A method checks its arguments and returns a call; awaiting that sends it.
"""
