"""Signing keys as a port: in a file, in an encrypted file, or in a hardware token."""
