"""Several processes: joint moments and mean gradients are those of one process with the joint batch."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.distributed as dist
from torch import Tensor
from torch.multiprocessing.spawn import spawn
from torch.nn import functional as F

from search_spaces import InputError
from supernet.elastic import ElasticBatchNorm2d
from supernet.norms import ElasticEvoNormB0
from supernet.training import Ranks

SIZE = 2
NORMS = (ElasticBatchNorm2d, ElasticEvoNormB0)


def inputs() -> Tensor:
    return 3 + torch.randn(8, 5, 3, 3, generator=torch.Generator().manual_seed(0))


def trained(norm: torch.nn.Module, x: Tensor) -> list[Tensor]:
    """Return output, gradient of the input and running variance after one pass of a loss that is no plain sum."""
    x = x.clone().requires_grad_()
    out = norm(x)
    (out.sin() * out).mean().backward()
    assert x.grad is not None
    return [out.detach(), x.grad, norm.running_var.clone()]  # type: ignore[operator]


def work(rank: int, folder: str) -> None:
    """Write what one rank finds."""
    dist.init_process_group("gloo", init_method=f"file://{folder}/meeting", rank=rank, world_size=SIZE)
    ranks, found = Ranks.joined(), {}
    for kind in NORMS:
        norm = kind(5)
        found[kind.__name__] = trained(norm, ranks.shard(inputs()))
        ranks.average_gradients(norm.parameters())
        found[f"{kind.__name__} gradients"] = [p.grad for p in norm.parameters()]
    network = torch.nn.Sequential(torch.nn.Conv2d(5, 4, 3), torch.nn.Conv2d(4, 2, 1), torch.nn.Linear(1, 1))
    network.load_state_dict(torch.load(f"{folder}/network.pt"))
    F.mse_loss(network[1](network[0](ranks.shard(inputs()).contiguous(memory_format=torch.channels_last))),
               torch.zeros(8 // SIZE, 2, 1, 1)).backward()  # fmt: skip
    ranks.average_gradients(network.parameters())
    found["network"] = [p.grad for p in network.parameters()]
    found["mean"] = ranks.mean([float(rank), float("nan") if rank else 0.0], torch.device("cpu"))
    found["any"] = [ranks.any(rank == 1, torch.device("cpu")), ranks.any(False, torch.device("cpu"))]
    torch.save(found, f"{folder}/{rank}.pt")
    dist.destroy_process_group()


def test_two_ranks_compute_what_one_computes_from_the_joint_batch(tmp_path: Path) -> None:
    network = torch.nn.Sequential(torch.nn.Conv2d(5, 4, 3), torch.nn.Conv2d(4, 2, 1), torch.nn.Linear(1, 1))
    torch.save(network.state_dict(), tmp_path / "network.pt")
    spawn(work, (str(tmp_path),), nprocs=SIZE)
    first, second = (torch.load(tmp_path / f"{rank}.pt") for rank in range(SIZE))
    for kind in NORMS:
        norm = kind(5)
        out, gradient, variance = trained(norm, inputs())
        found = [first[kind.__name__], second[kind.__name__]]
        torch.testing.assert_close(torch.cat([f[0] for f in found]), out, rtol=1e-4, atol=1e-5)
        # The loss of a rank is a mean over half as many values.
        torch.testing.assert_close(torch.cat([f[1] for f in found]) / SIZE, gradient, rtol=1e-3, atol=1e-6)
        torch.testing.assert_close(found[0][2], variance)
        for one, other, p in zip(*(f[f"{kind.__name__} gradients"] for f in (first, second)), norm.parameters(),
                                 strict=True):  # fmt: skip
            assert torch.equal(one, other)
            torch.testing.assert_close(one, p.grad, rtol=1e-4, atol=1e-5)
    F.mse_loss(network[1](network[0](inputs())), torch.zeros(8, 2, 1, 1)).backward()
    for one, p in zip(first["network"], network.parameters(), strict=True):
        assert (one is None) == (p.grad is None)
        if one is not None:
            torch.testing.assert_close(one, p.grad)
    assert first["mean"][0] == 0.5 and first["mean"][1] != first["mean"][1]
    assert first["any"] == second["any"] == [True, False]


def test_shards_are_equal_and_hold_every_image_once() -> None:
    batch = torch.arange(12)
    assert torch.equal(torch.cat([Ranks(rank, 3).shard(batch) for rank in range(3)]), batch)
    with pytest.raises(InputError, match="batch of 12 images can not be shared equally by 5 training workers"):
        Ranks(0, 5).check_batch(12)
