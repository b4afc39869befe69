"""Commands whose argument is a thumbprint, which may begin with a dash and is no option then."""

from __future__ import annotations

import re
from typing import Any, Final

from typer.core import TyperCommand

THUMBPRINT: Final = re.compile(r"-[A-Za-z0-9_-]{42}")
"""A SHA-256 in base64url that begins with a dash; one in sixty-four does."""


class ThumbprintCommand(TyperCommand):
    """Takes a thumbprint for the argument that it is."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put thumbprints behind the options, where nothing is taken for an option any more."""
        found = [word for word in args if THUMBPRINT.fullmatch(word)]
        if found and "--" not in args:
            args = [*(word for word in args if word not in found), "--", *found]
        return super().parse_args(ctx, args)
