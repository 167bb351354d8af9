"""What the benchmark family keeps and how it changes; no input or output."""
