"""The command line: one module a verb; each parses, calls and prints."""

from __future__ import annotations


def main() -> None:
    """Run the command line."""
