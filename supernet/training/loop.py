"""The training loop of a supernet: the steps of a method, checkpoints, resume."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict
from math import cos, pi
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from search_spaces import Architecture, InputError, SearchSpace
from supernet import checkpoint
from supernet.data import ImageData
from supernet.data.augment import Augment
from supernet.drop_path import drop_paths
from supernet.evaluate import resized
from supernet.network import Supernet
from supernet.norms import ElasticRepBatchNorm2d, pass_to_batch_norm
from supernet.parts import start_branches_at_one
from supernet.training.average import Average
from supernet.training.channels import channels_shrink, sort_channels
from supernet.training.config import TrainConfig, TrainProgress
from supernet.training.exposure import Exposure
from supernet.training.interruption import Interruption
from supernet.training.ranks import ALONE, Ranks
from supernet.training.recovery import Pace, check_finite
from supernet.training.samplers import Step, Subnet
from supernet.training.scalars import Scalars
from supernet.training.session import Session
from supernet.training.teacher import Teacher

# Share of the steps over which RepBN passes from LayerNorm to BatchNorm: 60,000 of 375,000 for Swin in SLAB.
NORM_PASSAGE = 0.16


def learning_rate(config: TrainConfig, step: int, steps: int) -> float:
    """Return the rate of a step: linear warm-up, then cosine to 1 % of the peak."""
    warm = max(1, round(config.warmup * steps))
    if step < warm:
        return config.learning_rate * (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1 + cos(pi * done)))


def _unpriced(architecture: Architecture) -> float:
    raise InputError("this method looks at MACs: train by nas train or nas search, or give the trainer a price")


class Trainer:
    """Trains one supernet on one data set; its state is what a checkpoint holds.

    ``macs`` prices an architecture for the samplers and schedules that look at its size; ``teacher`` teaches where
    the objective wants one. Several ``ranks`` train equal weights, each from its shard of every batch. Raises
    InputError when the objective wants a teacher and there is none, or the other way round.
    """

    def __init__(
        self,
        supernet: Supernet,
        data: ImageData,
        config: TrainConfig,
        macs: Callable[[Architecture], float] = _unpriced,
        teacher: Teacher | None = None,
        ranks: Ranks = ALONE,
    ):
        self.supernet, self.data, self.config, self.macs = supernet, data, config, macs
        self.method, self.options = config.method, config.method.options
        self.method.check_teacher(teacher is not None)
        if supernet.sharing != self.method.sharing:
            raise ValueError("the supernet shares its weights in another way than the method says: use new_supernet")
        self.ranks, self.pace, self.exposure = ranks, Pace(), Exposure(supernet.space)
        ranks.check_batch(config.batch_size)
        self.device = next(supernet.parameters()).device
        self.teacher = teacher and teacher.to(self.device)
        self.per_epoch = config.steps_per_epoch(len(data.train))
        self.steps = config.epochs * self.per_epoch
        self.step = 0
        self.memory: dict[str, Any] = {}
        self.right = Counter[int]()  # images of the step of which a subnet, by its number, named the class
        self.parameters = dict(supernet.named_parameters())
        self.passing = [module for module in supernet.modules() if isinstance(module, ElasticRepBatchNorm2d)]
        decay = [p for p in self.parameters.values() if p.ndim > 1]
        plain = [p for p in self.parameters.values() if p.ndim <= 1]
        groups = [
            {"params": decay, "weight_decay": config.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)
        self.augment = Augment(data.flip, padding=config.padding)
        if not self.options.zero_init:
            start_branches_at_one(supernet)
        self.average = Average(self.parameters, self.options.ema) if self.options.ema else None
        if self.options.sort_channels and channels_shrink(self._opened(0)):
            raise InputError("sort_channels needs a schedule that opens the space later: at first there is no order")

    @property
    def done(self) -> float:
        """The share of the training that lies behind, 0 to 1."""
        return self.step / self.steps

    def batch(self) -> tuple[Tensor, Tensor]:
        """Return the augmented, normalised images and the labels of the current step, this rank's shard of them.

        The whole batch is augmented, so that an image looks the same whatever the number of ranks.
        """
        epoch, index = divmod(self.step, self.per_epoch)
        order = torch.randperm(len(self.data.train), generator=_generator(self.config.seed, 1, epoch))
        picked = order[index * self.config.batch_size : (index + 1) * self.config.batch_size]
        images = self.augment(self.data.train.images[picked], _generator(self.config.seed, 2, self.step))
        labels = self.data.train.labels[picked]
        images, labels = self.ranks.shard(images), self.ranks.shard(labels)
        return self.data.normalise(images).to(self.device), labels.to(self.device)

    def train_step(self) -> dict[str, float]:
        """Update the weights once from all subnets of the step; return the mean loss (nats) of each role.

        Raises NotFinite, the weights unchanged, when a loss or a gradient is NaN or infinite.
        """
        self._sort_channels()
        images, labels = self.batch()
        if not self.supernet.training:  # train() takes 1 ms, for it visits every module
            self.supernet.train()
        pass_to_batch_norm(self.passing, self.step / (NORM_PASSAGE * self.steps))
        self.optimizer.zero_grad(set_to_none=True)
        if self.supernet.begin_step(np.random.default_rng([self.config.seed, self.step, 1]), self.done):
            self._inherit()
        drawing = self._drawing(images, labels)
        subnets = [Subnet(self.supernet.space.largest(), "largest")]
        if drawing is not None:
            subnets = self.method.sampler.draw(drawing)
        space, schedule = self.supernet.space, self.method.schedule
        factors = [schedule.factor(subnet, space, self.done, self.macs) for subnet in subnets]
        losses = self._accumulate(subnets, [f / max(factors) for f in factors], images, labels)
        losses = self.ranks.mean(losses, self.device)
        self.ranks.average_gradients(self.parameters.values())
        check_finite([subnet.role for subnet in subnets], losses, self.parameters.values())
        if drawing is not None:
            self.method.sampler.observe(drawing, subnets, losses)
        self._score(subnets, len(labels))
        self.supernet.end_step()
        self._update(max(factors))
        self.exposure.add(subnet.architecture for subnet in subnets)
        return _by_role(subnets, losses)

    def _drawing(self, images: Tensor, labels: Tensor) -> Step | None:
        """Return what the sampler may look at, or None while the schedule trains the largest network alone."""
        space = self._opened(self.step)
        if space is None:
            return None
        rng = np.random.default_rng([self.config.seed, self.step])

        def loss(architecture: Architecture) -> float:
            with torch.no_grad():
                own = F.cross_entropy(self._logits(architecture, images), labels).item()
            return self.ranks.mean([own], self.device)[0]

        return Step(self.step, self.steps, space, rng, self.macs, loss, self.memory)

    def _opened(self, step: int) -> SearchSpace | None:
        return self.method.schedule.opened(self.supernet.space, step / self.steps)

    def _sort_channels(self) -> None:
        """Sort hidden channels at the one step before which they never shrank."""
        if not self.options.sort_channels or self.step == 0:
            return
        now, before = self._opened(self.step), self._opened(self.step - 1)
        if now is not before and channels_shrink(now) and not channels_shrink(before):
            sort_channels(self.supernet, self._companions)

    def _companions(self, parameter: Tensor) -> list[Tensor]:
        """Return the tensors of a parameter's shape that belong to it: the optimiser's moments, the average."""
        moments = [t for t in self.optimizer.state.get(parameter, {}).values() if t.shape == parameter.shape]
        names = [name for name, p in self.parameters.items() if p is parameter]
        return moments + ([self.average.values[name] for name in names] if self.average else [])

    def _inherit(self) -> None:
        """Give the copies of the weights, which have become equal to the first, what belongs to its parameters."""
        for copied in self.supernet.copies:
            for parent, child in zip(self.supernet.body.parameters(), copied.parameters(), strict=True):
                state = self.optimizer.state.get(parent, {})
                self.optimizer.state[child] = {key: value.clone() for key, value in state.items()}
                for theirs, own in zip(self._companions(parent), self._companions(child), strict=True):
                    own.copy_(theirs)

    def _score(self, subnets: Sequence[Subnet], images: int) -> None:
        """Tell the supernet the accuracy of each subnet on the images of the step."""
        accuracies = self.ranks.mean([self.right[i] / images for i in range(len(subnets))], self.device)
        for subnet, accuracy in zip(subnets, accuracies, strict=True):
            self.supernet.router.observe(subnet.architecture, accuracy)

    def _accumulate(
        self, subnets: Sequence[Subnet], weights: Sequence[float], images: Tensor, labels: Tensor
    ) -> list[float]:
        """Add the gradients of all subnets over the parts of the batch; return their losses (nats) on all of it."""
        count, totals = self.options.accumulation, [0.0] * len(subnets)
        backward = self._backward_together if self.method.sampler.together and len(subnets) > 1 else self._backward
        self.drops, self.right = _generator(self.config.seed, 3, self.step), Counter[int]()
        for some, classes in zip(images.chunk(count), labels.chunk(count), strict=True):
            share = len(classes) / len(labels)
            losses = backward(subnets, [weight * share for weight in weights], some, classes)
            totals = [total + share * loss for total, loss in zip(totals, losses, strict=True)]
        return totals

    def _backward(
        self, subnets: Sequence[Subnet], weights: Sequence[float], images: Tensor, labels: Tensor
    ) -> list[float]:
        """Add the gradients of all subnets, each by its weight; return their losses (nats).

        A first subnet that is the largest learns from labels, and its logits teach the others where the objective
        wants that; a teacher from outside teaches all.
        """
        objective, losses = self.method.objective, []
        teacher = None if self.teacher is None else self.teacher.logits(images)
        for i, (subnet, weight) in enumerate(zip(subnets, weights, strict=True)):
            logits = self._student(subnet, images)
            self.right[i] += int((logits.argmax(1) == labels).sum())
            if teacher is None:
                loss = objective.labels(logits, labels)
            else:
                loss = objective.loss(logits, labels, teacher, self.done)
            (loss * weight).backward()
            losses.append(loss.item())
            if subnet.role == "largest" and objective.teacher == "largest":
                teacher = logits.detach()
        return losses

    def _backward_together(
        self, subnets: Sequence[Subnet], weights: Sequence[float], images: Tensor, labels: Tensor
    ) -> list[float]:
        """Add the gradients of all subnets in one pass, each on its own part of the images; return their losses."""
        architectures = [subnet.architecture for subnet in subnets]
        part = len(images) // len(subnets)
        if part == 0:
            raise InputError(f"a batch of {len(images)} images is less than one for each of {len(subnets)} subnets")
        used = resized(images[: part * len(subnets)], architectures[0].resolution)
        with self._autocast(), self.supernet.activate_together(architectures):
            logits = self.supernet(used).float().chunk(len(subnets))
        learned = [self.method.objective.labels(*pair) for pair in zip(logits, labels.split(part), strict=False)]
        torch.stack([loss * weight for loss, weight in zip(learned, weights, strict=True)]).sum().backward()
        return [loss.item() for loss in learned]

    def _student(self, subnet: Subnet, images: Tensor) -> Tensor:
        """Return the logits [N, classes] of a subnet that learns; only the largest is regularised by dropped paths."""
        if subnet.role != "largest" or not self.options.drop_path:
            return self._logits(subnet.architecture, images)
        with drop_paths(self.supernet, self.options.drop_path, self.drops):
            return self._logits(subnet.architecture, images)

    def _logits(self, architecture: Architecture, images: Tensor) -> Tensor:
        """Return the logits [N, classes] of one subnet in training mode."""
        with self._autocast(), self.supernet.activate(architecture):
            return self.supernet(resized(images, architecture.resolution)).float()

    def _update(self, factor: float) -> None:
        """Clip the gradients and step at the schedule's learning rate times ``factor`` and the pace's scale."""
        torch.nn.utils.clip_grad_value_(self.parameters.values(), self.config.clip)
        self.learning_rate = factor * self.pace.scale * learning_rate(self.config, self.step, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate
        self.optimizer.step()
        self.pace.step()
        self.step += 1
        if self.average is not None:
            self.average.update(self.parameters, self.step)
            if self.step == self.steps:
                self.average.give_to(self.parameters)

    def _autocast(self) -> torch.autocast:
        """Mixed precision (bfloat16); many CPUs are slower with it, so auto leaves it to CUDA."""
        enabled = {"auto": self.device.type == "cuda", "bfloat16": True, "float32": False}[self.options.precision]
        return torch.autocast(self.device.type, torch.bfloat16, enabled=enabled)

    def record(self) -> dict[str, Any]:
        """Return what a checkpoint must agree on to be continued here."""
        identity = {"space": self.supernet.space.digest, "data": self.data.digest}
        return {**identity, "teacher": self.teacher and self.teacher.digest, "training": self.config.to_dict()}

    def save(self, path: Path | str) -> str:
        """Write a checkpoint and return its digest."""
        tensors = {f"model.{name}": tensor for name, tensor in self.supernet.state_dict().items()}
        for name, parameter in self.parameters.items():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                tensors[f"optimizer.{key}.{name}"] = value
        if self.average is not None:
            tensors |= {f"average.{name}": value for name, value in self.average.values.items()}
        return checkpoint.save(path, tensors, {**self.record(), **self._position()})

    def _position(self) -> dict[str, Any]:
        position = {"step": self.step, "steps": self.steps, "memory": self.memory}
        return {**position, "pace": asdict(self.pace), "exposure": self.exposure.counts}

    def load(self, path: Path | str) -> None:
        """Continue from a checkpoint. Raises InputError when it is damaged or of another training."""
        tensors, meta = checkpoint.load(path)
        for key, value in self.record().items():
            if meta.get(key) != value:
                raise InputError(
                    f"checkpoint {path} is of another {key}: {checkpoint.differences(meta.get(key), value)}"
                )
        self.supernet.load_state_dict(checkpoint.part(tensors, "model."))
        self.optimizer.state.clear()
        for name, parameter in self.parameters.items():
            keys = [k for k in ("step", "exp_avg", "exp_avg_sq") if f"optimizer.{k}.{name}" in tensors]
            if keys:
                self.optimizer.state[parameter] = {k: tensors[f"optimizer.{k}.{name}"].to(self.device) for k in keys}
        if self.average is not None:
            self.average.load(checkpoint.part(tensors, "average."))
        self.step, self.memory = int(meta["step"]), meta["memory"]
        self.pace, self.exposure.counts = Pace(**meta["pace"]), meta["exposure"]


def _generator(*seeds: int) -> torch.Generator:
    """Return a generator whose stream depends on all the seeds."""
    value = int(np.random.SeedSequence(seeds).generate_state(1, np.uint64)[0])
    return torch.Generator().manual_seed(value % (2**63))


def _by_role(subnets: Sequence[Subnet], losses: Sequence[float]) -> dict[str, float]:
    """Return the mean loss of each role, in the order of the step."""
    found: dict[str, list[float]] = {}
    for subnet, loss in zip(subnets, losses, strict=True):
        found.setdefault(subnet.role, []).append(loss)
    return {role: sum(values) / len(values) for role, values in found.items()}


def train(
    supernet: Supernet,
    data: ImageData,
    config: TrainConfig,
    path: Path | str,
    on_step: Callable[[TrainProgress], None] = lambda progress: None,
    macs: Callable[[Architecture], float] = _unpriced,
    teacher: Teacher | None = None,
    *,
    say: Callable[[str], None] = lambda text: None,
    scalars: Path | None = None,
    ranks: Ranks = ALONE,
    interruption: Interruption | None = None,
) -> str:
    """Train to the end, from the checkpoint at ``path`` if there is one; return the digest of the weights.

    A checkpoint is written at the start, every 30 s, at the end, and when the training is interrupted; the one before
    it is kept. ``say`` is told of steps that were not finite and of damaged checkpoints; the folder ``scalars`` gets
    the curves. Raises InputError for a checkpoint of another training, or when both are damaged, KeyboardInterrupt
    after SIGINT or SIGTERM, WorkError when losses stay NaN or infinite.
    """
    trainer = Trainer(supernet, data, config, macs, teacher, ranks)
    curves = None if scalars is None else Scalars(scalars, trainer.steps)
    Session(trainer, path, on_step, say, curves, interruption or Interruption()).run()
    return weights_digest(supernet)


def weights_digest(supernet: Supernet) -> str:
    """Return the SHA-256 (hex) of a supernet's weights and buffers."""
    return checkpoint.tensors_digest(supernet.state_dict())
