"""The processes that train one supernet together, each on its shard of every batch.

A step runs several subnets, and the largest of them does not touch the private weights of operators that are not
its own. The reducer of DistributedDataParallel expects all gradients in the last pass, or leaves those unsynchronised
that only earlier passes (under ``no_sync``) have made. So gradients are averaged here, once a step, after its
last pass: the same sum as ``no_sync`` for all passes but the last, over every parameter that any pass has used.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import torch
import torch.distributed as dist
from torch import Tensor

from search_spaces import InputError

_BUCKET = 2**22  # values of one collective call at most, unless one parameter has more: 16 MiB of float32


@dataclass(frozen=True)
class Ranks:
    """This process's place among ``size`` processes; alone by default. Every rank makes the same calls in order."""

    rank: int = 0
    size: int = 1

    @classmethod
    def joined(cls) -> Ranks:
        """Return the place in the process group that this process has joined."""
        return cls(dist.get_rank(), dist.get_world_size())

    @property
    def first(self) -> bool:
        """Whether this rank writes the checkpoints and the scalars."""
        return self.rank == 0

    def check_batch(self, images: int) -> None:
        """Raise InputError when a batch can not be cut into equal shards, of which a mean of means needs to be."""
        if images % self.size:
            raise InputError(f"a batch of {images} images can not be shared equally by {self.size} training workers: "
                             "choose a --batch-size that they divide, or other --train-workers")  # fmt: skip

    def shard(self, batch: Tensor) -> Tensor:
        """Return this rank's part [N / size, ...] of a batch [N, ...]."""
        return batch.tensor_split(self.size)[self.rank]

    def mean(self, values: Sequence[float], device: torch.device) -> list[float]:
        """Return the means over all ranks, equal on all; NaN where any rank has NaN."""
        if self.size == 1:
            return list(values)
        total = torch.tensor(values, dtype=torch.float64, device=device)
        dist.all_reduce(total)
        return (total / self.size).tolist()

    def any(self, value: bool, device: torch.device) -> bool:
        """Return whether it is so on any rank."""
        return self.mean([float(value)], device)[0] > 0

    def average_gradients(self, parameters: Iterable[Tensor]) -> None:
        """Replace every gradient by its mean over all ranks. All ranks have trained the same subnets."""
        if self.size == 1:
            return
        for bucket in _buckets([p.grad for p in parameters if p.grad is not None]):
            joint = torch.cat([gradient.reshape(-1) for gradient in bucket])
            dist.all_reduce(joint)
            pieces = joint.div_(self.size).split([gradient.numel() for gradient in bucket])
            for gradient, piece in zip(bucket, pieces, strict=True):
                gradient.copy_(piece.view_as(gradient))


ALONE = Ranks()


def _buckets(gradients: Sequence[Tensor]) -> Iterator[list[Tensor]]:
    """Yield the gradients in order, in groups of about ``_BUCKET`` values and one type."""
    bucket: list[Tensor] = []
    for gradient in gradients:
        filled = sum(g.numel() for g in bucket)
        if bucket and (filled + gradient.numel() > _BUCKET or gradient.dtype != bucket[0].dtype):
            yield bucket
            bucket = []
        bucket.append(gradient)
    if bucket:
        yield bucket
