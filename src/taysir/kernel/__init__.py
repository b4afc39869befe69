"""The kernel: identifiers, statements, certificates, errors and limits; no I/O, no clock, no framework."""
