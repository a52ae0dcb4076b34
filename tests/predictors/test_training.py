"""The memory of a training step equals hand counts; its time has a key of its own."""

from __future__ import annotations

import torch
from torch import nn

from predictors.backends import Setting
from predictors.training import TrainingStep, measure_training, training_memory
from search_spaces import SearchSpace
from supernet import build


def test_saved_activations_by_hand() -> None:
    """The images for the kernel, the ReLU's output once for two layers, log-softmax, labels, and a weight's sum."""
    network = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Flatten(), nn.Linear(800, 5))
    memory = training_memory(network, (3, 10, 10), batch=4)
    assert memory.saved_activation_bytes == 4 * 4 * (300 + 800 + 5) + 8 * 4 + 4


def test_an_activation_in_place_saves_nothing_more() -> None:
    saved = []
    for activation in (nn.Identity(), nn.ReLU(inplace=True)):
        network = nn.Sequential(nn.Conv2d(3, 8, 1), activation, nn.Flatten(), nn.Linear(32, 2))
        saved.append(training_memory(network, (3, 2, 2), 2).saved_activation_bytes)
    assert saved[0] == saved[1]


def test_peak_by_hand() -> None:
    """One wide layer: the last moment holds images, labels, loss, and the gradients of loss, logits and weights."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(100, 50, bias=False))
    memory = training_memory(network, (1, 10, 10), batch=2)
    assert memory.peak_training_memory_bytes == 4 * 2 * 100 + 8 * 2 + 4 + 4 + 4 * 2 * 50 + 4 * 100 * 50


def test_batches_add_up_and_the_network_stays_as_it_is(small_space: SearchSpace) -> None:
    architecture = small_space.smallest()
    network = build(architecture)
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    two, four, eight = (training_memory(network, architecture.input_shape, n) for n in (2, 4, 8))
    # Statistics of norms, and gradients of weights, do not grow with the batch.
    saved = [m.saved_activation_bytes for m in (two, four, eight)]
    assert saved[2] - saved[1] == 2 * (saved[1] - saved[0])
    assert eight.peak_training_memory_bytes > four.peak_training_memory_bytes > four.saved_activation_bytes
    assert not any(module.training for module in network.modules())
    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


def test_a_step_is_timed_under_its_own_key(small_space: SearchSpace) -> None:
    architecture = small_space.smallest()
    network = build(architecture)
    before = next(network.parameters()).detach().clone()
    key, step, rate = measure_training(network, architecture.input_shape, TrainingStep(Setting(batch=4)))
    assert (key.mode, key.batch, key.threads, key.dtype) == ("training", 4, 1, "float32")
    assert rate == 4 / (step.median_ms / 1e3) > 0
    assert not torch.equal(before, next(network.parameters()))
