"""What goes over the wire, as pure functions: no socket, no clock, no dice."""
