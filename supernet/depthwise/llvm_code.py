"""Writing functions for LLVM, which compiles them for this processor (llvmlite)."""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any

import llvmlite.binding as llvm
from llvmlite import ir

FLOAT, INT, POINTER = ir.FloatType(), ir.IntType(64), ir.PointerType()
_WIDTHS = (("avx512f", 16, 32), ("avx", 8, 16))  # feature, lanes of float32, registers
_OTHERS = (4, 32 if llvm.get_process_triple().startswith("aarch64") else 16)


@cache
def lanes() -> int:
    """Return how many float32 a vector of this processor holds."""
    return _vectors()[0]


@cache
def widest() -> int:
    """Return how many vectors a tile may have so that it stays in registers."""
    return _vectors()[1] // 2


def _vectors() -> tuple[int, int]:
    features = llvm.get_host_cpu_features()
    return next(((wide, count) for name, wide, count in _WIDTHS if features.get(name)), _OTHERS)


class Code:
    """A function that is being written; arguments by name, loops as ``with``."""

    def __init__(self, name: str, arguments: Sequence[str], pointers: Collection[str]):
        self.module = ir.Module(name)
        self.module.triple = llvm.get_process_triple()
        kinds = [POINTER if argument in pointers else INT for argument in arguments]
        function = ir.Function(self.module, ir.FunctionType(ir.VoidType(), kinds), name)
        self.builder = ir.IRBuilder(function.append_basic_block("entry"))
        self.values = dict(zip(arguments, function.args, strict=True))
        self.vector = ir.VectorType(FLOAT, lanes())

    def __getattr__(self, name: str) -> Any:
        return self.values[name]

    def number(self, value: Any) -> Any:
        return ir.Constant(INT, value) if isinstance(value, int) else value

    def add(self, *values: Any) -> Any:
        first, *others = map(self.number, values)
        for other in others:
            first = self.builder.add(first, other)
        return first

    def times(self, *values: Any) -> Any:
        first, *others = map(self.number, values)
        for other in others:
            first = self.builder.mul(first, other)
        return first

    def minus(self, a: Any, b: Any) -> Any:
        return self.builder.sub(self.number(a), self.number(b))

    def quotient(self, a: Any, b: Any) -> Any:
        """Return a / b, rounded towards zero."""
        return self.builder.sdiv(self.number(a), self.number(b))

    def least(self, a: Any, b: Any) -> Any:
        a, b = self.number(a), self.number(b)
        return self.builder.select(self.builder.icmp_signed("<", a, b), a, b)

    def most(self, a: Any, b: Any) -> Any:
        a, b = self.number(a), self.number(b)
        return self.builder.select(self.builder.icmp_signed(">", a, b), a, b)

    @contextmanager
    def loop(self, start: Any, stop: Any, step: Any = 1) -> Iterator[Any]:
        """Count from ``start`` to below ``stop``."""
        counter = self.variable(INT)
        self.builder.store(self.number(start), counter)
        head, body, end = (self.builder.append_basic_block() for _ in range(3))
        self.builder.branch(head)
        self.builder.position_at_end(head)
        count = self.builder.load(counter, typ=INT)
        self.builder.cbranch(self.builder.icmp_signed("<", count, self.number(stop)), body, end)
        self.builder.position_at_end(body)
        yield count
        self.builder.store(self.add(count, step), counter)
        self.builder.branch(head)
        self.builder.position_at_end(end)

    def variable(self, kind: Any) -> Any:
        """Return a place for a value, which becomes a register."""
        with self.builder.goto_entry_block():
            return self.builder.alloca(kind)

    def at(self, pointer: Any, *offsets: Any) -> Any:
        """Return the pointer, moved by a number of floats."""
        return self.builder.gep(pointer, [self.add(*offsets)], source_etype=FLOAT)

    def load(self, pointer: Any, align: int = 4) -> Any:
        return self.builder.load(pointer, typ=self.vector, align=align)

    def store(self, value: Any, pointer: Any, align: int = 4) -> None:
        self.builder.store(value, pointer, align=align)

    def sums(self, count: int) -> list[Any]:
        return [self.variable(self.vector) for _ in range(count)]

    def accumulate(self, total: Any, a: Any, b: Any) -> None:
        """Add a product to a sum."""
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        fma = self._intrinsic(f"llvm.fma.v{lanes()}f32", kind)
        found = self.builder.call(fma, [a, b, self.builder.load(total, typ=self.vector)])
        self.builder.store(found, total)

    def some(self, count: Any) -> Any:
        """Return a mask of the first ``count`` lanes."""
        places = ir.Constant(ir.VectorType(INT, lanes()), list(range(lanes())))
        empty = ir.Constant(places.type, ir.Undefined)
        one = self.builder.insert_element(empty, count, ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), lanes()), [0] * lanes())
        return self.builder.icmp_signed("<", places, self.builder.shuffle_vector(one, empty, zeros))

    def masked_load(self, pointer: Any, mask: Any) -> Any:
        kind = ir.FunctionType(self.vector, [POINTER, ir.IntType(32), mask.type, self.vector])
        load = self._intrinsic(f"llvm.masked.load.v{lanes()}f32.p0", kind)
        zeros = ir.Constant(self.vector, [0.0] * lanes())
        return self.builder.call(load, [pointer, ir.Constant(ir.IntType(32), 4), mask, zeros])

    def masked_store(self, value: Any, pointer: Any, mask: Any) -> None:
        kind = ir.FunctionType(ir.VoidType(), [self.vector, POINTER, ir.IntType(32), mask.type])
        store = self._intrinsic(f"llvm.masked.store.v{lanes()}f32.p0", kind)
        self.builder.call(store, [value, pointer, ir.Constant(ir.IntType(32), 4), mask])

    def _intrinsic(self, name: str, kind: Any) -> Any:
        return self.module.globals.get(name) or ir.Function(self.module, kind, name)


_kept: list[Any] = []  # LLVM's engines own the code


def compiled(
    name: str, arguments: Sequence[str], pointers: Collection[str], write: Callable[[Code], None]
) -> Callable[..., None]:
    """Return a function of integers, of which ``pointers`` are addresses, whose body ``write`` writes."""
    code = Code(name, arguments, pointers)
    write(code)
    code.builder.ret_void()
    machine = _machine()
    module = llvm.parse_assembly(str(code.module))
    options = llvm.create_pipeline_tuning_options(speed_level=2)
    options.loop_vectorization = options.slp_vectorization = options.loop_unrolling = False
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    _kept.append(engine)
    kind = ctypes.CFUNCTYPE(None, *[ctypes.c_int64] * len(arguments))
    return kind(engine.get_function_address(name))


def _machine() -> Any:
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    target = llvm.Target.from_triple(llvm.get_process_triple())
    features = llvm.get_host_cpu_features().flatten()
    # LLVM prefers half of a 512-bit register on some processors
    if lanes() == 16:
        features += ",-prefer-256-bit"
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True)
