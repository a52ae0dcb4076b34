"""Small safe expressions over named values: the rules of a space file and the legality of an operator."""

from __future__ import annotations

import ast
import operator
from collections.abc import Callable, Mapping
from typing import Any

_BINARY: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
}
_COMPARE: dict[type[ast.cmpop], Callable[[Any, Any], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.In: lambda value, group: value in group,
    ast.NotIn: lambda value, group: value not in group,
}
_LEAVES = (ast.Constant, ast.Name, ast.Load, ast.And, ast.Or, ast.Not, ast.USub)
_BRANCHES = (ast.Expression, ast.BinOp, ast.BoolOp, ast.UnaryOp, ast.Compare, ast.Tuple, ast.List)


class Expression:
    """A parsed expression such as ``kernel * dilation <= side``.

    Arithmetic, comparisons, ``in``, ``and``/``or``/``not``, names, numbers and strings; nothing else, so a
    space file from a stranger can not run code. Raises ValueError when the text is anything else.
    """

    def __init__(self, text: str):
        self.text = text
        try:
            self._tree = ast.parse(text, mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise ValueError(f"{text!r} is not an expression") from error
        allowed = (*_LEAVES, *_BRANCHES, *_BINARY, *_COMPARE)
        for node in ast.walk(self._tree):
            if not isinstance(node, allowed):
                raise ValueError(f"{text!r}: {type(node).__name__} is not allowed in an expression")
        self.names = frozenset(n.id for n in ast.walk(self._tree) if isinstance(n, ast.Name))

    def applies(self, values: Mapping[str, Any]) -> bool:
        """Whether every name of the expression has a value."""
        return self.names <= values.keys()

    def __call__(self, values: Mapping[str, Any]) -> Any:
        """Return the value of the expression. Raises KeyError for a name without a value."""
        return _evaluate(self._tree.body, values)

    def __repr__(self) -> str:
        return f"Expression({self.text!r})"


def _evaluate(node: ast.AST, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant(value=value):
            return value
        case ast.Name(id=name):
            return values[name]
        case ast.BinOp(left=left, op=op, right=right):
            return _BINARY[type(op)](_evaluate(left, values), _evaluate(right, values))
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return not _evaluate(operand, values)
        case ast.UnaryOp(operand=operand):
            return -_evaluate(operand, values)
        case ast.BoolOp(op=ast.And(), values=parts):
            return all(_evaluate(part, values) for part in parts)
        case ast.BoolOp(values=parts):
            return any(_evaluate(part, values) for part in parts)
        case ast.Compare(left=left, ops=ops, comparators=rights):
            return _compare(_evaluate(left, values), ops, [_evaluate(r, values) for r in rights])
        case ast.Tuple(elts=parts) | ast.List(elts=parts):
            return tuple(_evaluate(part, values) for part in parts)
    raise AssertionError(f"unchecked node {node!r}")


def _compare(left: Any, ops: list[ast.cmpop], rights: list[Any]) -> bool:
    for op, right in zip(ops, rights, strict=True):
        if not _COMPARE[type(op)](left, right):
            return False
        left = right
    return True
