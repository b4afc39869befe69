"""The reading position of the parser: one token ahead, and the names known there."""

from __future__ import annotations

from taysir.engine.feel.errors import ENG_FEEL_DEPTH, ENG_FEEL_LENGTH
from taysir.engine.feel.lexer import Token, next_token, syntax_error
from taysir.engine.feel.names import Names
from taysir.kernel import limits
from taysir.kernel.errors import Problem


class TokenReader:
    """The position in the text, one token ahead."""

    def __init__(self, text: str, *, names: Names) -> None:
        if len(text) > limits.FEEL_TEXT_CHARS:
            raise Problem(ENG_FEEL_LENGTH, characters=limits.FEEL_TEXT_CHARS)
        self.text = text
        self.names = names
        self.depth = 0
        self.token: Token = next_token(text, 0)

    def move(self, position: int) -> None:
        """Go on reading at a position."""
        self.token = next_token(self.text, position)

    def take(self) -> Token:
        """Return the token and read the next one."""
        token = self.token
        self.token = next_token(self.text, token.end)
        return token

    def at(self, *texts: str) -> bool:
        """Whether the token is one of these signs or words."""
        return self.token.text in texts and self.token.kind in ("op", "name")

    def accept(self, text: str) -> bool:
        """Take the token if it is this sign or word."""
        if self.at(text):
            self.take()
            return True
        return False

    def expect(self, text: str) -> None:
        """Take this sign or word, or fail."""
        if not self.accept(text):
            raise self.error(f"“{text}”")

    def error(self, expected: str) -> Problem:
        """Return the error for the present place."""
        return syntax_error(self.text, self.token.start, expected=expected)

    def descend(self) -> None:
        """Count one level of nesting."""
        self.depth += 1
        if self.depth > limits.FEEL_NESTING:
            raise Problem(ENG_FEEL_DEPTH, depth=limits.FEEL_NESTING)

    def know(self, name: str) -> None:
        """Add a name that the text itself introduces."""
        self.names = Names([name], parent=self.names)

    def long_name(self) -> str | None:
        """Take the longest known name that begins here, if it is longer than the token."""
        token = self.token
        found = self.names.longest(token.text, text=self.text, position=token.start)
        if found is None or found[1] <= token.end:
            return None
        self.move(found[1])
        return found[0]
