"""Conditions on the points of a study. They are parsed and checked, and never run as Python.

::

    condition   either {"or" either}         comparison  sum {("<" | "<=" | ">" | ">=" | "==" | "!=") sum}
    either      denial {"and" denial}        sum         product {("+" | "-") product}
    denial      {"not"} comparison           product     factor {("*" | "/") factor}
    factor      {"-"} (number | name | "text" | true | false | "(" condition ")")
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from lpasim.studies.axis import Value
from lpasim.studies.tokens import END, NAME, NUMBER, TEXT, Token, fault, read_number, tokens

Row = Mapping[str, Value | None]
NUMERIC, TRUTH, WORD = "a number", "a condition", "a text"
_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_COMBINE: Mapping[str, Callable[[Any, Any], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}
_TRUTHS = {"true": True, "false": False}
_RESERVED = ("and", "or", "not")
DEEPEST = 50
"""Levels of nesting."""


@dataclass(frozen=True, slots=True)
class Term:
    """Part of a condition: what it is worth (`NUMERIC`, `TRUTH` or `WORD`), its operator, and its operands.

    `sign` is ``"value"`` or ``"name"`` for the leaves.
    """

    worth: str
    sign: str
    parts: tuple[Term, ...] = ()
    value: Value | None = None

    def evaluate(self, row: Row) -> Value | None:
        """Work a term out. What is unknown, such as a ratio with nothing below, stays None; compared, it is false."""
        if self.sign == "value":
            return self.value
        if self.sign == "name":
            return row[str(self.value)]
        if self.sign in ("and", "or"):
            return (all if self.sign == "and" else any)(part.evaluate(row) for part in self.parts)
        got = [part.evaluate(row) for part in self.parts]
        if self.sign == "not":
            return not got[0]
        if self.sign in _COMPARE:
            return None not in got and _COMPARE[self.sign](got[0], got[1])
        return None if None in got or (self.sign == "/" and not got[1]) else _combined(self.sign, *got)

    def names(self) -> Iterator[str]:
        """Generate the columns that a term reads."""
        if self.sign == "name":
            yield str(self.value)
        for part in self.parts:
            yield from part.names()

    def conjuncts(self) -> Iterator[Term]:
        """Generate the conditions that must all hold."""
        if self.sign == "and":
            for part in self.parts:
                yield from part.conjuncts()
        else:
            yield self


def _combined(sign: str, left: Any, right: Any) -> float:
    """Combine two numbers; as reals, which grow beyond all bounds without an error."""
    return _COMBINE[sign](float(left), float(right))


def parse_condition(text: str, columns: Mapping[str, str]) -> Term:
    """Parse a condition.

    Parameters
    ----------
    text : str
    columns : mapping of str to str
        What may be named, and what each is worth: `NUMERIC`, `TRUTH` or `WORD`.

    Returns
    -------
    Term
        Of the worth `TRUTH`.

    Raises
    ------
    StudyError
        If it is none; the message points at the column in the text.
    """
    parser = _Parser(text, columns)
    term = parser.condition(0)
    parser.expect_end()
    if term.worth != TRUTH:
        raise fault("must be a condition", term.worth, 1, text)
    return term


class _Parser:
    """Recursive descent: a method for each rule of the grammar."""

    def __init__(self, text: str, columns: Mapping[str, str]) -> None:
        self._text, self._columns = text, columns
        self._tokens = tokens(text)
        self._at = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self, *words: str) -> Token | None:
        """Take the next word if it is one of some."""
        token = self._next
        if token.kind in (TEXT, END) or token.text not in words:
            return None
        self._at += 1
        return token

    def expect_end(self) -> None:
        if self._next.kind != END:
            raise self._fault("must go on with an operator", str(self._next), self._next)

    def condition(self, depth: int) -> Term:
        if depth > DEEPEST:
            raise self._fault(f"must be nested at most {DEEPEST} deep", "more", self._next)
        return self._joined("or", lambda: self._joined("and", lambda: self._denial(depth)))

    def _joined(self, word: str, part: Callable[[], Term]) -> Term:
        start, terms = self._next, [part()]
        while self._take(word):
            self._need(terms[0], TRUTH, start, word)
            start = self._next
            terms.append(part())
            self._need(terms[-1], TRUTH, start, word)
        return terms[0] if len(terms) == 1 else Term(TRUTH, word, tuple(terms))

    def _denial(self, depth: int) -> Term:
        if not self._take("not"):
            return self._comparison(depth)
        if depth > DEEPEST:
            raise self._fault(f"must be nested at most {DEEPEST} deep", "more", self._next)
        start, term = self._next, self._denial(depth + 1)
        self._need(term, TRUTH, start, "not")
        return Term(TRUTH, "not", (term,))

    def _comparison(self, depth: int) -> Term:
        left, found = self._sum(depth), []
        while token := self._take(*_COMPARE):
            right = self._sum(depth)
            if left.worth != right.worth:
                raise self._fault(f"must compare {left.worth} with its like", right.worth, token)
            if left.worth != NUMERIC and token.text not in ("==", "!="):
                raise self._fault(f"must compare {left.worth} by == or !=", repr(token.text), token)
            found.append(Term(TRUTH, token.text, (left, right)))
            left = right
        return left if not found else found[0] if len(found) == 1 else Term(TRUTH, "and", tuple(found))

    def _sum(self, depth: int) -> Term:
        return self._combined(("+", "-"), lambda: self._combined(("*", "/"), lambda: self._factor(depth)))

    def _combined(self, signs: tuple[str, ...], part: Callable[[], Term]) -> Term:
        start, term = self._next, part()
        while token := self._take(*signs):
            self._need(term, NUMERIC, start, token.text)
            start = self._next
            other = part()
            self._need(other, NUMERIC, start, token.text)
            term = Term(NUMERIC, token.text, (term, other))
        return term

    def _factor(self, depth: int) -> Term:
        if depth > DEEPEST:
            raise self._fault(f"must be nested at most {DEEPEST} deep", "more", self._next)
        if self._take("-"):
            start, term = self._next, self._factor(depth + 1)
            self._need(term, NUMERIC, start, "-")
            return Term(NUMERIC, "-", (Term(NUMERIC, "value", value=0.0), term))
        if self._take("("):
            term = self.condition(depth + 1)
            if not self._take(")"):
                raise self._fault("must close a parenthesis", str(self._next), self._next)
            return term
        return self._leaf()

    def _leaf(self) -> Term:
        token = self._next
        self._at += token.kind != END
        if token.kind == NUMBER:
            return Term(NUMERIC, "value", value=read_number(token, self._text))
        if token.kind == TEXT:
            return Term(WORD, "value", value=token.text[1:-1])
        if token.kind != NAME or token.text in _RESERVED:
            raise self._fault("must have a name or a number here", str(token), token)
        if token.text in _TRUTHS:
            return Term(TRUTH, "value", value=_TRUTHS[token.text])
        if token.text not in self._columns:
            near = get_close_matches(token.text, self._columns, 1, 0.6)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise self._fault(
                "must name workload, a key of an axis, or a statistic of points.csv", str(token), token, hint
            )
        return Term(self._columns[token.text], "name", value=token.text)

    def _need(self, term: Term, worth: str, start: Token, word: str) -> None:
        if term.worth != worth:
            raise self._fault(f"must have {worth} beside {word!r}", term.worth, start)

    def _fault(self, rule: str, got: str, token: Token, hint: str = "") -> Exception:
        return fault(rule, got, token.column, self._text, hint)
