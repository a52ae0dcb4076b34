"""The training loop of a supernet: the steps of a method, checkpoints, resume."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
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
from supernet.evaluate import resized
from supernet.network import Supernet
from supernet.sharing import Sharing
from supernet.training.config import TrainConfig, TrainProgress
from supernet.training.method import parse_method
from supernet.training.samplers import Step, Subnet

CHECKPOINT_SECONDS = 30.0


def learning_rate(config: TrainConfig, step: int, steps: int) -> float:
    """Return the rate of a step: linear warm-up, then cosine to 1 % of the peak."""
    warm = max(1, round(config.warmup * steps))
    if step < warm:
        return config.learning_rate * (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1 + cos(pi * done)))


def _unpriced(architecture: Architecture) -> float:
    raise InputError("this sampler looks at MACs: train by nas train or nas search, or give the trainer a price")


class Trainer:
    """Trains one supernet on one data set; its state is what a checkpoint holds.

    ``macs`` prices an architecture for the samplers that look at its size.
    """

    def __init__(
        self,
        supernet: Supernet,
        data: ImageData,
        config: TrainConfig,
        macs: Callable[[Architecture], float] = _unpriced,
    ):
        self.supernet, self.data, self.config, self.macs = supernet, data, config, macs
        self.method = config.method
        self.device = next(supernet.parameters()).device
        self.per_epoch = config.steps_per_epoch(len(data.train))
        self.steps = config.epochs * self.per_epoch
        self.step = 0
        self.memory: dict[str, Any] = {}
        self.parameters = dict(supernet.named_parameters())
        decay = [p for p in self.parameters.values() if p.ndim > 1]
        plain = [p for p in self.parameters.values() if p.ndim <= 1]
        groups = [
            {"params": decay, "weight_decay": config.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)
        self.augment = Augment(data.flip, padding=config.padding)

    @property
    def done(self) -> float:
        """The share of the training that lies behind, 0 to 1."""
        return self.step / self.steps

    def batch(self) -> tuple[Tensor, Tensor]:
        """Return the augmented, normalised images and the labels of the current step."""
        epoch, index = divmod(self.step, self.per_epoch)
        order = torch.randperm(len(self.data.train), generator=_generator(self.config.seed, 1, epoch))
        picked = order[index * self.config.batch_size : (index + 1) * self.config.batch_size]
        images = self.augment(self.data.train.images[picked], _generator(self.config.seed, 2, self.step))
        labels = self.data.train.labels[picked]
        return self.data.normalise(images).to(self.device), labels.to(self.device)

    def train_step(self) -> dict[str, float]:
        """Update the weights once from all subnets of the step; return the mean loss (nats) of each role."""
        images, labels = self.batch()
        self.supernet.train()
        self.optimizer.zero_grad(set_to_none=True)
        if self.supernet.begin_step(np.random.default_rng([self.config.seed, self.step, 1]), self.done):
            inherit_state(self.optimizer, self.supernet)
        drawing = self._drawing(images, labels)
        subnets = [Subnet(self.supernet.space.largest(), "largest")]
        if drawing is not None:
            subnets = self.method.sampler.draw(drawing)
        factors = [self.method.schedule.factor(s, self.supernet.space, self.done) for s in subnets]
        losses = self._backward(subnets, [f / max(factors) for f in factors], images, labels)
        if drawing is not None:
            self.method.sampler.observe(drawing, subnets, losses)
        self.supernet.end_step()
        self._update(max(factors))
        return _by_role(subnets, losses)

    def _drawing(self, images: Tensor, labels: Tensor) -> Step | None:
        """Return what the sampler may look at, or None while the schedule trains the largest network alone."""
        space = self.method.schedule.opened(self.supernet.space, self.done)
        if space is None:
            return None
        rng = np.random.default_rng([self.config.seed, self.step])

        def loss(architecture: Architecture) -> float:
            with torch.no_grad():
                return F.cross_entropy(self._logits(architecture, images), labels).item()

        return Step(self.step, self.steps, space, rng, self.macs, loss, self.memory)

    def _backward(
        self, subnets: Sequence[Subnet], weights: Sequence[float], images: Tensor, labels: Tensor
    ) -> list[float]:
        """Add the gradients of all subnets, each by its weight; return their losses (nats).

        A first subnet that is the largest learns from labels, and its logits teach the others where the objective
        wants that.
        """
        objective, teacher, losses = self.method.objective, None, []
        for subnet, weight in zip(subnets, weights, strict=True):
            logits = self._logits(subnet.architecture, images)
            self.supernet.router.observe(subnet.architecture, logits.detach(), labels)
            if teacher is None:
                loss = objective.labels(logits, labels)
            else:
                loss = objective.loss(logits, labels, teacher, self.done)
            (loss * weight).backward()
            losses.append(loss.item())
            if subnet.role == "largest" and objective.teacher == "largest":
                teacher = logits.detach()
        return losses

    def _logits(self, architecture: Architecture, images: Tensor) -> Tensor:
        """Return the logits [N, classes] of one subnet in training mode."""
        with self._autocast(), self.supernet.activate(architecture):
            return self.supernet(resized(images, architecture.resolution)).float()

    def _update(self, factor: float) -> None:
        """Clip the gradients and step at the schedule's learning rate times ``factor``."""
        torch.nn.utils.clip_grad_value_(self.parameters.values(), self.config.clip)
        self.learning_rate = factor * learning_rate(self.config, self.step, self.steps)
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate
        self.optimizer.step()
        self.step += 1

    def _autocast(self) -> torch.autocast:
        """Mixed precision (bfloat16) on CUDA; CPUs without native bfloat16 are slower with it."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def record(self) -> dict[str, Any]:
        """Return what a checkpoint must agree on to be continued here."""
        identity = {"space": self.supernet.space.digest, "data": self.data.digest}
        return {**identity, "training": self.config.to_dict()}

    def save(self, path: Path | str) -> str:
        """Write a checkpoint and return its digest."""
        tensors = {f"model.{name}": tensor for name, tensor in self.supernet.state_dict().items()}
        for name, parameter in self.parameters.items():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                tensors[f"optimizer.{key}.{name}"] = value
        return checkpoint.save(path, tensors, {**self.record(), **self._position()})

    def _position(self) -> dict[str, Any]:
        return {"step": self.step, "steps": self.steps, "memory": self.memory}

    def load(self, path: Path | str) -> None:
        """Continue from a checkpoint. Raises InputError when it is damaged or of another training."""
        tensors, meta = checkpoint.load(path)
        for key, value in self.record().items():
            if meta.get(key) != value:
                raise InputError(f"checkpoint {path} is of another {key}: {_differences(meta.get(key), value)}")
        self.supernet.load_state_dict(_part(tensors, "model."))
        for name, parameter in self.parameters.items():
            keys = [k for k in ("step", "exp_avg", "exp_avg_sq") if f"optimizer.{k}.{name}" in tensors]
            if keys:
                self.optimizer.state[parameter] = {k: tensors[f"optimizer.{k}.{name}"] for k in keys}
        self.step, self.memory = int(meta["step"]), meta["memory"]


def inherit_state(optimizer: torch.optim.Optimizer, supernet: Supernet) -> None:
    """Give every copy of the weights the optimiser's state (moments) of the first."""
    for copied in supernet.copies:
        for parent, child in zip(supernet.body.parameters(), copied.parameters(), strict=True):
            if parent in optimizer.state:
                optimizer.state[child] = {key: value.clone() for key, value in optimizer.state[parent].items()}


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


def _part(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    return {name[len(prefix) :]: t for name, t in tensors.items() if name.startswith(prefix)}


def _differences(found: Any, expected: Any) -> str:
    if isinstance(found, dict) and isinstance(expected, dict):
        keys = sorted(k for k in {*found, *expected} if found.get(k) != expected.get(k))
        return "; ".join(f"{k} was {found.get(k)!r}, now {expected.get(k)!r}" for k in keys)
    return f"was {str(found)[:12]}, now {str(expected)[:12]}"


def train(
    supernet: Supernet,
    data: ImageData,
    config: TrainConfig,
    path: Path | str,
    on_step: Callable[[TrainProgress], None] = lambda progress: None,
    macs: Callable[[Architecture], float] = _unpriced,
) -> str:
    """Train to the end, from the checkpoint at ``path`` if there is one; return the digest of the weights.

    A checkpoint is written every 30 s, at the end, and when the training is interrupted. Raises InputError for
    a checkpoint that is damaged or of another training, FloatingPointError when the loss is not finite.
    """
    trainer = Trainer(supernet, data, config, macs)
    if Path(path).exists():
        trainer.load(path)
    saved_at, started, first = time.monotonic(), time.monotonic(), trainer.step
    try:
        while trainer.step < trainer.steps:
            losses = trainer.train_step()
            _check_finite(losses, trainer.step)
            now = time.monotonic()
            speed = (trainer.step - first) * config.batch_size / max(now - started, 1e-9)
            on_step(TrainProgress(trainer.step, trainer.steps, losses, trainer.learning_rate, speed))
            if now - saved_at > CHECKPOINT_SECONDS:
                trainer.save(path)
                saved_at = now
    except KeyboardInterrupt:
        trainer.save(path)
        raise
    if trainer.step > first or not Path(path).exists():
        trainer.save(path)
    return weights_digest(supernet)


def _check_finite(losses: dict[str, float], step: int) -> None:
    for role, loss in losses.items():
        if not np.isfinite(loss):
            raise FloatingPointError(f"the loss of the {role} subnet is {loss} at step {step}; lower the learning rate")


def weights_digest(supernet: Supernet) -> str:
    """Return the SHA-256 (hex) of a supernet's weights and buffers."""
    return checkpoint.tensors_digest(supernet.state_dict())


def load_weights(supernet: Supernet, path: Path | str) -> None:
    """Load the weights of a finished training into a supernet. Raises InputError when they do not fit."""
    tensors, sharing = _finished(path, supernet.space)
    if sharing != supernet.sharing:
        different = _differences(sharing.to_dict(), supernet.sharing.to_dict())
        raise InputError(f"checkpoint {path} is of another sharing: {different}")
    supernet.load_state_dict(tensors)


def load_supernet(space: SearchSpace, path: Path | str) -> Supernet:
    """Return the supernet of a finished training, which shares its weights as it was trained.

    Raises InputError for a checkpoint that is damaged, unfinished or of another space.
    """
    tensors, sharing = _finished(path, space)
    supernet = Supernet(space, sharing=sharing)
    supernet.load_state_dict(tensors)
    return supernet


def _finished(path: Path | str, space: SearchSpace) -> tuple[dict[str, Tensor], Sharing]:
    """Return the weights of a finished training in a space, and how they are shared."""
    tensors, meta = checkpoint.load(path)
    if meta.get("space") != space.digest:
        raise InputError(f"checkpoint {path} is of another space than {space.name}")
    if meta.get("step") != meta.get("steps"):
        done = f"{meta.get('step')} of {meta.get('steps')} steps"
        raise InputError(f"checkpoint {path} is of an unfinished training ({done}); finish it with --resume")
    method = parse_method(meta["training"]["method"], f"checkpoint {path}")
    return _part(tensors, "model."), method.sharing
