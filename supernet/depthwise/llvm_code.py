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
def registers() -> int:
    """Return how many vectors this processor holds."""
    return _vectors()[1]


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
        if (start, stop) == (0, 1):
            yield self.number(0)
            return
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

    def opaque(self, pointer: Any) -> Any:
        """Return a pointer of which LLVM knows nothing: else it takes most of its time for other ways to count it."""
        return self.builder.asm(ir.FunctionType(POINTER, [POINTER]), "", "=r,0", [pointer], False)

    def zeros(self) -> Any:
        return ir.Constant(self.vector, [0.0] * lanes())

    def sums(self, count: int, start: Any) -> list[Any]:
        """Return variables that hold a vector."""
        found = [self.variable(self.vector) for _ in range(count)]
        for one in found:
            self.builder.store(start, one)
        return found

    def fma(self, a: Any, b: Any, c: Any) -> Any:
        """Return a * b + c."""
        kind = ir.FunctionType(self.vector, [self.vector] * 3)
        return self.builder.call(self._intrinsic(f"llvm.fma.v{lanes()}f32", kind), [a, b, c])

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
        return self.builder.call(load, [pointer, ir.Constant(ir.IntType(32), 4), mask, self.zeros()])

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
    passes = llvm.create_new_function_pass_manager()
    # all that such code needs: the usual passes take as long as everything else
    passes.add_sroa_pass()
    passes.add_instruction_combine_pass()
    passes.run(module.get_function(name), llvm.create_pass_builder(machine, llvm.create_pipeline_tuning_options()))
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
