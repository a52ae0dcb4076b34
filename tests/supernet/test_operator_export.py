"""Every operator, merged, leaves PyTorch: torch.export and ONNX with a dynamic batch, a group of operators a file."""

from __future__ import annotations

import warnings
from typing import Any

import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from search_spaces.operators import BLOCK_SLOTS, Slot
from supernet import deploy
from supernet.network import freeze
from tests.conftest import randomise
from tests.operator_cases import Case, cases

SLOTS: tuple[Slot, ...] = ("stem", "downsample", *BLOCK_SLOTS, "head")
GROUP = 16  # operators of one export: an export takes a while whatever is in it


class Group(nn.Module):
    """Operators of equal inputs side by side; a failure names the one that it came from."""

    def __init__(self, members: dict[str, nn.Module]):
        super().__init__()
        self.members = nn.ModuleDict(members)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        # Negated, since ONNX does not let an input be an output, as an empty member has it.
        return tuple(-member(x) for member in self.members.values())


def merged(case: Case) -> nn.Module:
    module = case.build().eval()
    randomise(module)
    case.configure(module, case.configs[0], *next(case.channels()))
    return deploy(freeze(module))


def groups() -> list[list[Case]]:
    by_slot = [[case for case in cases() if case.slot == slot] for slot in SLOTS]
    return [row[start : start + GROUP] for row in by_slot for start in range(0, len(row), GROUP)]


@pytest.mark.parametrize("group", groups(), ids=lambda group: f"{group[0].name}-to-{group[-1].name}")
@torch.no_grad()
def test_exported_programs_compute_the_same(group: list[Case]) -> None:
    module = Group({case.name: merged(case) for case in group}).eval()
    program = exported(module, images(group[0], 2))
    session = onnx_session(program)
    for count in (1, 3):
        x = images(group[0], count)
        expected, torch_outputs = module(x), program.module()(x)
        onnx_outputs = [torch.from_numpy(y) for y in session.run(None, {"x": x.numpy()})]
        for case, y, *others in zip(group, expected, torch_outputs, onnx_outputs, strict=True):
            for other in others:
                assert difference(other, y) < 1e-4, case.name


def difference(found: Tensor, expected: Tensor) -> float:
    """The largest difference, relative to the largest output; not a number where one is not."""
    return float((found - expected).abs().max() / (expected.abs().max() + 1))


def images(case: Case, count: int) -> Tensor:
    shape = (count, case.place.inputs, case.place.side, case.place.side)
    return torch.randn(shape, generator=torch.Generator().manual_seed(count))


def exported(module: nn.Module, x: Tensor) -> Any:
    """The program of a module with a dynamic batch."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # exporters warn about their own internals
        return torch.export.export(module, (x,), dynamic_shapes=({0: torch.export.Dim("batch", min=1)},))


def onnx_session(program: Any) -> onnxruntime.InferenceSession:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        onnx = torch.onnx.export(program, input_names=["x"], dynamo=True, verbose=False)
    assert onnx is not None
    options = onnxruntime.SessionOptions()
    options.log_severity_level, options.intra_op_num_threads = 3, 1
    content = onnx.model_proto.SerializeToString()
    return onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
