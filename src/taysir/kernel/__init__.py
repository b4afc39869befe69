"""The kernel: identifiers, statements, certificates, errors, limits; no I/O and no clock."""
