"""The original batches of CIFAR-10 are Python pickles: they are read here as data, and nothing in them runs.

`pickletools.genops` only lists a pickle's operations. The few that batches consist of are interpreted here
on plain values. The callables that they name are compared by name, never looked up or called; any other
operation or name is refused.
"""

from __future__ import annotations

import pickletools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from search_spaces.errors import InputError

_PIXELS = 3 * 32 * 32
_ARRAY = ("numpy.core.multiarray _reconstruct", "numpy._core.multiarray _reconstruct")
_BYTES = "_codecs encode"  # how Python 3 writes bytes in protocol 2
_NAMES = frozenset({*_ARRAY, _BYTES, "numpy ndarray", "numpy dtype"})


class _Mark:
    """Where the items of a list, tuple or dictionary start on the stack."""


@dataclass(frozen=True)
class _Name:
    """A callable that the pickle names."""

    name: str


@dataclass
class _Made:
    """What a named callable would make: the arguments, and the state set on it afterwards."""

    name: str
    arguments: tuple[Any, ...]
    state: Any = None


_Stack = list[Any]
_Memo = dict[int, Any]


def parse_batch(content: bytes, where: str) -> tuple[np.ndarray, np.ndarray]:
    """Return (pixels uint8 [N, 3072], labels int64 [N]) of one batch file.

    Raises InputError naming ``where`` for a truncated file and for whatever a CIFAR-10 batch does not hold.
    """
    try:
        batch = _interpret(content)
        pixels = _pixels(batch["data"])
        return pixels, _labels(batch["labels"], len(pixels))
    except KeyError as error:
        raise InputError(f"{where}: not a CIFAR-10 batch: it has no {error} (nothing in it was run)") from error
    except (ValueError, IndexError, TypeError, AttributeError) as error:
        raise InputError(f"{where}: not a CIFAR-10 batch: {error} (nothing in it was run)") from error


def _interpret(content: bytes) -> Any:
    stack: _Stack = []
    memo: _Memo = {}
    for operation, argument, position in pickletools.genops(content):
        if operation.name not in _OPERATIONS:
            raise ValueError(f"operation {operation.name} at byte {position} has no place in one")
        _OPERATIONS[operation.name](stack, memo, argument)
    return stack.pop()


def _pixels(array: _Made) -> np.ndarray:
    # Byte strings are Latin-1 text here, as genops gives them.
    _version, shape, kind, column_major, text = array.state
    if (kind.name, kind.arguments[0], column_major) != ("numpy dtype", "u1", False):
        raise ValueError(f"'data' is not an array of bytes but {kind.arguments[0]!r}")
    if len(shape) != 2 or shape[1] != _PIXELS:
        raise ValueError(f"'data' has shape {shape}, expected (N, {_PIXELS})")
    return np.frombuffer(bytearray(text, "latin-1"), dtype=np.uint8).reshape(shape)


def _labels(labels: list[int], images: int) -> np.ndarray:
    if len(labels) != images:
        raise ValueError(f"{len(labels)} labels for {images} images")
    for row, label in enumerate(labels):
        if type(label) is not int or not 0 <= label <= 9:
            raise ValueError(f"label {label!r} of image {row} is not a number 0..9")
    return np.array(labels, dtype=np.int64)


def _pop(stack: _Stack, count: int) -> list[Any]:
    items = stack[len(stack) - count :]
    if len(items) < count:
        raise ValueError("an operation lacks its operands")
    del stack[len(stack) - count :]
    return items


def _pop_to_mark(stack: _Stack) -> list[Any]:
    depth = next((depth for depth, item in enumerate(reversed(stack)) if isinstance(item, _Mark)), len(stack))
    return _pop(stack, depth + 1)[1:]


def _push(value: Callable[[Any], Any]) -> Callable[[_Stack, _Memo, Any], None]:
    return lambda stack, memo, argument: stack.append(value(argument))


def _tuple_of(count: int) -> Callable[[_Stack, _Memo, Any], None]:
    return lambda stack, memo, argument: stack.append(tuple(_pop(stack, count)))


def _tuple(stack: _Stack, memo: _Memo, argument: Any) -> None:
    stack.append(tuple(_pop_to_mark(stack)))


def _put(stack: _Stack, memo: _Memo, argument: int) -> None:
    memo[argument] = stack[-1]


def _get(stack: _Stack, memo: _Memo, argument: int) -> None:
    stack.append(memo[argument])


def _append(stack: _Stack, memo: _Memo, argument: Any) -> None:
    item = stack.pop()
    stack[-1].append(item)


def _appends(stack: _Stack, memo: _Memo, argument: Any) -> None:
    items = _pop_to_mark(stack)
    stack[-1].extend(items)


def _set_item(stack: _Stack, memo: _Memo, argument: Any) -> None:
    key, value = _pop(stack, 2)
    stack[-1][key] = value


def _set_items(stack: _Stack, memo: _Memo, argument: Any) -> None:
    items = _pop_to_mark(stack)
    stack[-1].update(zip(items[::2], items[1::2], strict=True))


def _global(stack: _Stack, memo: _Memo, argument: str) -> None:
    if argument not in _NAMES:
        raise ValueError(f"it asks for {argument.replace(' ', '.')}, which is refused")
    stack.append(_Name(argument))


def _reduce(stack: _Stack, memo: _Memo, argument: Any) -> None:
    callable_, arguments = _pop(stack, 2)
    if callable_.name == _BYTES and arguments[1] == "latin1":
        stack.append(arguments[0])
    elif callable_.name in (*_ARRAY, "numpy dtype"):
        stack.append(_Made(callable_.name, arguments))
    else:
        raise ValueError(f"it calls {callable_.name.replace(' ', '.')}, which is refused")


def _build(stack: _Stack, memo: _Memo, argument: Any) -> None:
    state = stack.pop()
    stack[-1].state = state


def _nothing(stack: _Stack, memo: _Memo, argument: Any) -> None:
    """The protocol number and the end: no effect on the stack."""


_LITERALS = ("BININT", "BININT1", "BININT2", "SHORT_BINSTRING", "BINSTRING", "BINUNICODE")
_OPERATIONS: dict[str, Callable[[_Stack, _Memo, Any], None]] = {
    **dict.fromkeys(_LITERALS, _push(lambda argument: argument)),
    **dict.fromkeys(("PROTO", "STOP"), _nothing),
    **dict.fromkeys(("BINPUT", "LONG_BINPUT"), _put),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _get),
    "NONE": _push(lambda _: None),
    "NEWTRUE": _push(lambda _: True),
    "NEWFALSE": _push(lambda _: False),
    "EMPTY_DICT": _push(lambda _: {}),
    "EMPTY_LIST": _push(lambda _: []),
    "EMPTY_TUPLE": _push(lambda _: ()),
    "MARK": _push(lambda _: _Mark()),
    "TUPLE1": _tuple_of(1),
    "TUPLE2": _tuple_of(2),
    "TUPLE3": _tuple_of(3),
    "TUPLE": _tuple,
    "APPEND": _append,
    "APPENDS": _appends,
    "SETITEM": _set_item,
    "SETITEMS": _set_items,
    "GLOBAL": _global,
    "REDUCE": _reduce,
    "BUILD": _build,
}
