"""The training loop of a supernet: sandwich rule with in-place distillation, checkpoints, resume."""

from __future__ import annotations

import time
from collections.abc import Callable
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
from supernet.evaluate import resized
from supernet.network import Supernet
from supernet.norms import pass_to_batch_norm
from supernet.training.config import TrainConfig, TrainProgress

CHECKPOINT_SECONDS = 30.0
# Share of the steps over which RepBN passes from LayerNorm to BatchNorm: 60,000 of 375,000 for Swin in SLAB.
NORM_PASSAGE = 0.16


def sandwich(space: SearchSpace, config: TrainConfig, step: int) -> list[Architecture]:
    """Return the subnets of a step: largest, smallest, random (US-Nets, arXiv:1903.05134).

    They follow from (seed, step) alone. The smallest has the smallest sizes but operators drawn at random, so
    that operators without weights do not crowd out the others in the shared channel mixers.
    """
    rng = np.random.default_rng([config.seed, step])
    return [space.largest(), space.smallest(rng), *(space.sample(rng) for _ in range(config.random_subnets))]


def learning_rate(config: TrainConfig, step: int, steps: int) -> float:
    """Return the rate of a step: linear warm-up, then cosine to 1 % of the peak."""
    warm = max(1, round(config.warmup * steps))
    if step < warm:
        return config.learning_rate * (step + 1) / warm
    done = (step - warm) / max(1, steps - warm)
    return config.learning_rate * (0.01 + 0.99 * 0.5 * (1 + cos(pi * done)))


class Trainer:
    """Trains one supernet on one data set; its state is what a checkpoint holds."""

    def __init__(self, supernet: Supernet, data: ImageData, config: TrainConfig):
        self.supernet, self.data, self.config = supernet, data, config
        self.device = next(supernet.parameters()).device
        self.per_epoch = config.steps_per_epoch(len(data.train))
        self.steps = config.epochs * self.per_epoch
        self.step = 0
        self.parameters = dict(supernet.named_parameters())
        decay = [p for p in self.parameters.values() if p.ndim > 1]
        plain = [p for p in self.parameters.values() if p.ndim <= 1]
        groups = [
            {"params": decay, "weight_decay": config.weight_decay},
            {"params": plain, "weight_decay": 0.0},
        ]
        self.optimizer = torch.optim.AdamW(groups, lr=config.learning_rate, fused=True)
        self.augment = Augment(data.flip, padding=config.padding)

    def batch(self) -> tuple[Tensor, Tensor]:
        """Return the augmented, normalised images and the labels of the current step."""
        epoch, index = divmod(self.step, self.per_epoch)
        order = torch.randperm(len(self.data.train), generator=_generator(self.config.seed, 1, epoch))
        picked = order[index * self.config.batch_size : (index + 1) * self.config.batch_size]
        images = self.augment(self.data.train.images[picked], _generator(self.config.seed, 2, self.step))
        labels = self.data.train.labels[picked]
        return self.data.normalise(images).to(self.device), labels.to(self.device)

    def train_step(self) -> float:
        """Update the weights once from all subnets of the step; return the largest one's label loss."""
        images, labels = self.batch()
        self.supernet.train()
        pass_to_batch_norm(self.supernet, self.step / (NORM_PASSAGE * self.steps))
        self.optimizer.zero_grad(set_to_none=True)
        largest, *others = sandwich(self.supernet.space, self.config, self.step)
        with self._autocast(), self.supernet.activate(largest):
            logits = self.supernet(resized(images, largest.resolution))
            loss = F.cross_entropy(logits, labels, label_smoothing=self.config.label_smoothing)
        loss.backward()
        soft = logits.detach().float().softmax(1)
        trust = min(1.0, self.step / max(1.0, self.config.distillation_warmup * self.steps))
        for architecture in others:
            with self._autocast(), self.supernet.activate(architecture):
                outputs = self.supernet(resized(images, architecture.resolution))
                taught = F.cross_entropy(outputs, soft)
                labelled = F.cross_entropy(outputs, labels, label_smoothing=self.config.label_smoothing)
                mixed = trust * taught + (1 - trust) * labelled
            mixed.backward()
        torch.nn.utils.clip_grad_value_(self.parameters.values(), self.config.clip)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate(self.config, self.step, self.steps)
        self.optimizer.step()
        self.step += 1
        value = loss.item()
        if not np.isfinite(value):
            raise FloatingPointError(f"the loss is {value} at step {self.step}; lower the learning rate")
        return value

    def _autocast(self) -> torch.autocast:
        """Mixed precision (bfloat16) on CUDA; CPUs without native bfloat16 are slower with it."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def record(self) -> dict[str, Any]:
        """Return what a checkpoint must agree on to be continued here."""
        identity = {"space": self.supernet.space.digest, "data": self.data.digest}
        return {**identity, "training": asdict(self.config)}

    def save(self, path: Path | str) -> str:
        """Write a checkpoint and return its digest."""
        tensors = {f"model.{name}": tensor for name, tensor in self.supernet.state_dict().items()}
        for name, parameter in self.parameters.items():
            for key, value in self.optimizer.state.get(parameter, {}).items():
                tensors[f"optimizer.{key}.{name}"] = value
        return checkpoint.save(path, tensors, {**self.record(), "step": self.step, "steps": self.steps})

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
        self.step = int(meta["step"])


def _generator(*seeds: int) -> torch.Generator:
    """Return a generator whose stream depends on all the seeds."""
    value = int(np.random.SeedSequence(seeds).generate_state(1, np.uint64)[0])
    return torch.Generator().manual_seed(value % (2**63))


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
) -> str:
    """Train to the end, from the checkpoint at ``path`` if there is one; return the digest of the weights.

    A checkpoint is written every 30 s, at the end, and when the training is interrupted. Raises InputError for
    a checkpoint that is damaged or of another training, FloatingPointError when the loss is not finite.
    """
    trainer = Trainer(supernet, data, config)
    if Path(path).exists():
        trainer.load(path)
    saved_at, started, first = time.monotonic(), time.monotonic(), trainer.step
    try:
        while trainer.step < trainer.steps:
            loss = trainer.train_step()
            now = time.monotonic()
            speed = (trainer.step - first) * config.batch_size / max(now - started, 1e-9)
            on_step(TrainProgress(trainer.step, trainer.steps, loss, speed))
            if now - saved_at > CHECKPOINT_SECONDS:
                trainer.save(path)
                saved_at = now
    except KeyboardInterrupt:
        trainer.save(path)
        raise
    if trainer.step > first or not Path(path).exists():
        trainer.save(path)
    return weights_digest(supernet)


def weights_digest(supernet: Supernet) -> str:
    """Return the SHA-256 (hex) of a supernet's weights and buffers."""
    return checkpoint.tensors_digest(supernet.state_dict())


def load_weights(supernet: Supernet, path: Path | str) -> None:
    """Load the weights of a finished training into a supernet. Raises InputError when they do not fit."""
    tensors, meta = checkpoint.load(path)
    if meta.get("space") != supernet.space.digest:
        raise InputError(f"checkpoint {path} is of another space than {supernet.space.name}")
    if meta.get("step") != meta.get("steps"):
        done = f"{meta.get('step')} of {meta.get('steps')} steps"
        raise InputError(f"checkpoint {path} is of an unfinished training ({done}); finish it with --resume")
    supernet.load_state_dict(_part(tensors, "model."))
