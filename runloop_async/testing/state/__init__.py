"""What the emulator keeps and how it changes; no input or output."""
