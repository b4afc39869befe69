"""Read FEEL: recursive descent with precedence climbing, guided by the names in scope.

Source: DMN 1.5 clause 10.3.1.2. The parser works on tokens read on demand (``reader``), because
only it knows where a name may stand, and a name in scope may hold spaces and signs. Types are read
in ``type_text``. The result is a tree of ``syntax`` nodes; nothing is evaluated here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from taysir.engine.feel import syntax
from taysir.engine.feel.errors import ENG_FEEL_DEPTH
from taysir.engine.feel.lexer import next_token, unescape
from taysir.engine.feel.names import BASE_NAMES, Names, key_at, normalise, parameter_at, variable_at
from taysir.engine.feel.reader import TokenReader
from taysir.engine.feel.syntax import Node
from taysir.engine.feel.temporal_text import parse_temporal
from taysir.engine.feel.type_text import read_type
from taysir.engine.feel.types import FeelType
from taysir.engine.feel.values import ARITHMETIC
from taysir.kernel import limits
from taysir.kernel.errors import Problem

COMPARISONS = frozenset({"<", "<=", ">", ">=", "=", "!="})
_LEVELS = {"or": 1, "and": 2, "between": 3, "in": 3, "+": 4, "-": 4, "*": 5, "/": 5, "**": 6}
_LEVELS.update(dict.fromkeys(COMPARISONS, 3))
_ADDITIVE = 4
_KEYWORDS = frozenset({"and", "or", "then", "else", "return", "satisfies", "in", "between", "of"})
_CONSTANTS = {"true": True, "false": False, "null": None}


class Parser(TokenReader):
    """The grammar of expressions and unary tests."""

    def __init__(self, text: str, *, names: Names) -> None:
        super().__init__(text, names=names)
        self._range_depth = -1

    def whole(self) -> Node:
        """Read the whole text as one expression."""
        node = self.expression()
        if self.token.kind != "end":
            raise self.error("the end of the expression")
        return node

    def whole_tests(self) -> syntax.Tests:
        """Read the whole text as unary tests."""
        if self.token.text == "-" and not self.text[self.token.end :].strip():
            return syntax.Tests(())
        negated = self.at("not") and next_token(self.text, self.token.end).text == "("
        if negated:
            self.take()
            self.take()
        tests = self.tests()
        if negated:
            self.expect(")")
        if self.token.kind != "end":
            raise self.error("the end of the tests")
        return syntax.Tests(tests, negated)

    def tests(self) -> tuple[Node, ...]:
        """Read unary tests separated by commas."""
        tests = [self.test()]
        while self.accept(","):
            tests.append(self.test())
        return tuple(tests)

    def test(self) -> Node:
        """Read one positive unary test."""
        if self.token.text in COMPARISONS:
            return self.comparison()
        return self.expression()

    def comparison(self) -> Node:
        """Read ``< 10``."""
        operator = self.take().text
        return syntax.Comparison(operator, self.binary(_ADDITIVE))

    def expression(self) -> Node:
        """Read one expression."""
        self.descend()
        node = self.binary(1)
        self.depth -= 1
        return node

    def binary(self, least: int) -> Node:
        """Read operators that bind at least so tightly."""
        left = self.unary()
        while True:
            operator = self.token.text if self.token.kind in ("op", "name") else ""
            level = _LEVELS.get(operator, 0)
            if level < least or level == 0:
                return left
            self.take()
            if operator == "between":
                low = self.binary(_ADDITIVE)
                self.expect("and")
                left = syntax.Between(left, low, self.binary(_ADDITIVE))
            elif operator == "in":
                left = syntax.In(left, self.in_tests())
            else:
                left = syntax.Binary(operator, left, self.binary(level + 1))

    def in_tests(self) -> tuple[Node, ...]:
        """Read what follows ``in``: one test, or several in parentheses."""
        if self.token.text in COMPARISONS:
            return (self.comparison(),)
        if not self.at("("):
            return (self.binary(_ADDITIVE),)
        start = self.token.start
        self.take()
        self.descend()
        tests = self.tests()
        self.depth -= 1
        if not self.at("..") and self.accept(")"):
            return tests
        self.move(start)
        return (self.binary(_ADDITIVE),)

    def unary(self) -> Node:
        """Read minus signs and what they stand before."""
        signs = 0
        while self.at("-"):
            self.take()
            signs += 1
            if signs > limits.FEEL_NESTING:
                raise Problem(ENG_FEEL_DEPTH, depth=limits.FEEL_NESTING)
        node = self.postfix()
        for _ in range(signs):
            node = syntax.Negate(node)
        return node

    def postfix(self) -> Node:
        """Read paths, filters, invocations and ``instance of`` after an operand."""
        node = self.primary()
        while True:
            if self.at(".") and next_token(self.text, self.token.end).kind == "name":
                self.take()
                node = syntax.Path(node, self.long_name() or self.take().text)
            elif self.at("[") and not self._closes_range():
                self.take()
                test = self.expression()
                self.expect("]")
                node = syntax.Filter(node, test)
            elif self.at("("):
                node = self.arguments(node)
            elif self.at("instance"):
                self.take()
                self.expect("of")
                node = syntax.InstanceOf(node, self.type_of())
            else:
                return node

    def _closes_range(self) -> bool:
        """Whether ``[`` here ends a range like ``[1..5[`` and does not begin a filter."""
        if self._range_depth != self.depth:
            return False
        after = next_token(self.text, self.token.end)
        if after.kind == "name":
            return after.text in _KEYWORDS or after.text == "instance"
        return after.kind == "end" or (
            after.kind == "op" and after.text not in ("(", "[", "-", "@", "{", "?")
        )

    def arguments(self, function: Node) -> Node:
        """Read the arguments of an invocation."""
        self.take()
        nodes: list[Node] = []
        names: list[str] = []
        while not self.at(")"):
            if nodes:
                self.expect(",")
            key = key_at(self.text, self.token.start) if self.token.kind == "name" else None
            if key:
                names.append(key[0])
                self.move(key[1])
            if len(names) not in (0, len(nodes) + 1):
                raise self.error("arguments all with or all without names")
            nodes.append(self.expression())
        self.take()
        return syntax.Call(function, tuple(nodes), tuple(names))

    def primary(self) -> Node:
        """Read one operand."""
        token = self.token
        if token.kind == "number":
            self.take()
            return syntax.Literal(ARITHMETIC.create_decimal(Decimal(token.text)))
        if token.kind == "string":
            self.take()
            return syntax.Literal(unescape(token.text))
        if token.kind == "name":
            return self.word()
        return self.bracketed()

    def bracketed(self) -> Node:
        """Read an operand that begins with a sign."""
        sign = self.token.text
        if sign == "(":
            return self.parenthesis()
        if sign in ("[", "]"):
            return self.list_or_range()
        if sign == "{":
            return self.context()
        if sign == "@":
            return self.at_literal()
        if sign == "?":
            self.take()
            return syntax.Input()
        raise self.error("an expression")

    def at_literal(self) -> Node:
        """Read ``@"2026-01-31"``."""
        self.take()
        if self.token.kind != "string":
            raise self.error("a string")
        text = unescape(self.take().text)
        return syntax.AtLiteral(text) if parse_temporal(text) else syntax.Literal(None)

    def parenthesis(self) -> Node:
        """Read ``(a)``, ``(a..b)`` or ``(< a)``."""
        self.take()
        if self.token.text in COMPARISONS:
            node = self.comparison()
        else:
            node = self.expression()
            if self.at(".."):
                return self.range_from(node, low_closed=False)
        self.expect(")")
        return node

    def list_or_range(self) -> Node:
        """Read ``[a, b]``, ``[a..b]`` or ``]a..b]``."""
        opening = self.take().text
        if opening == "[" and self.accept("]"):
            return syntax.ListOf(())
        first = self.expression()
        if self.at("..") or opening == "]":
            return self.range_from(first, low_closed=opening == "[")
        items = [first]
        while self.accept(","):
            items.append(self.expression())
        self.expect("]")
        return syntax.ListOf(tuple(items))

    def range_from(self, low: Node, *, low_closed: bool) -> Node:
        """Read the rest of a range after its low end."""
        self.expect("..")
        outer, self._range_depth = self._range_depth, self.depth
        high = self.binary(_ADDITIVE)
        self._range_depth = outer
        if not self.at("]", ")", "["):
            raise self.error("the end of the range")
        return syntax.RangeOf(low, high, low_closed, self.take().text == "]")

    def context(self) -> Node:
        """Read ``{a: 1, "b c": 2}``."""
        self.take()
        entries: list[tuple[str, Node]] = []
        while not self.at("}"):
            if entries:
                self.expect(",")
            name = self.context_key()
            if any(name == each for each, _ in entries):
                raise self.error("a name used once")
            self.know(name)
            entries.append((name, self.expression()))
        self.take()
        return syntax.ContextOf(tuple(entries))

    def context_key(self) -> str:
        """Read the name of an entry and its colon."""
        if self.token.kind == "string":
            name = unescape(self.take().text)
            self.expect(":")
            return name
        key = key_at(self.text, self.token.start)
        if key is None:
            raise self.error("the name of an entry")
        self.move(key[1])
        return key[0]

    def word(self) -> Node:
        """Read an operand that begins with a word."""
        name = self.long_name()
        if name is not None:
            return syntax.Name(name)
        text = self.token.text
        if text in _CONSTANTS:
            self.take()
            return syntax.Literal(_CONSTANTS[text])
        structure = _STRUCTURES.get(text)
        if structure is not None and (text != "function" or self._opens()):
            return structure(self)
        if text in _KEYWORDS:
            raise self.error("an expression")
        return syntax.Name(normalise(self.take().text))

    def _opens(self) -> bool:
        return next_token(self.text, self.token.end).text == "("

    def condition(self) -> Node:
        """Read ``if … then … else …``."""
        self.take()
        condition = self.expression()
        self.expect("then")
        then = self.expression()
        self.expect("else")
        return syntax.If(condition, then, self.expression())

    def loop(self) -> Node:
        """Read ``for … return …``."""
        self.take()
        iterators = self.iterators()
        self.expect("return")
        return syntax.For(iterators, self.expression())

    def quantified(self) -> Node:
        """Read ``some … satisfies …`` or ``every … satisfies …``."""
        every = self.take().text == "every"
        iterators = self.iterators()
        self.expect("satisfies")
        return syntax.Quantified(every, iterators, self.expression())

    def iterators(self) -> tuple[syntax.Iterator, ...]:
        """Read the iterators of a loop."""
        found: list[syntax.Iterator] = []
        while not found or self.accept(","):
            found_name = variable_at(self.text, self.token.start)
            if found_name is None:
                raise self.error("a name and “in”")
            name = found_name[0]
            self.move(found_name[1])
            self.know(name)
            source = self.expression()
            end = self.expression() if self.accept("..") else None
            found.append(syntax.Iterator(name, source, end))
        return tuple(found)

    def function(self) -> Node:
        """Read ``function(a: number, b) body``."""
        self.take()
        self.take()
        parameters: list[tuple[str, FeelType | None]] = []
        while not self.at(")"):
            if parameters:
                self.expect(",")
            parameters.append(self.parameter())
        self.take()
        external = self.accept("external")
        return syntax.FunctionOf(tuple(parameters), self.expression(), external)

    def parameter(self) -> tuple[str, FeelType | None]:
        """Read the name of a parameter and perhaps its type."""
        key = key_at(self.text, self.token.start)
        if key:
            self.move(key[1])
            self.know(key[0])
            return key[0], self.type_of()
        bare = parameter_at(self.text, self.token.start)
        if bare is None:
            raise self.error("the name of a parameter")
        self.move(bare[1])
        self.know(bare[0])
        return bare[0], None

    def type_of(self) -> FeelType:
        """Read the name or structure of a type."""
        return read_type(self)


_STRUCTURES: dict[str, Callable[[Parser], Node]] = {
    "if": Parser.condition,
    "for": Parser.loop,
    "some": Parser.quantified,
    "every": Parser.quantified,
    "function": Parser.function,
}


def parse_expression(text: str, *, names: Iterable[str] = ()) -> Node:
    """Read an expression; ``names`` are those in scope, of which the long ones matter."""
    return Parser(text, names=Names(names, parent=BASE_NAMES)).whole()


def parse_tests(text: str, *, names: Iterable[str] = ()) -> syntax.Tests:
    """Read unary tests."""
    return Parser(text, names=Names(names, parent=BASE_NAMES)).whole_tests()
