"""Sharing: what subnets have of their own starts as what they shared, is chosen with them, and survives a resume."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from search_spaces import Architecture, InputError, SearchSpace, load_space
from supernet import Supernet, deploy
from supernet.data import ImageData, load_data
from supernet.elastic import ElasticConv2d, ElasticDepthwiseConv2d
from supernet.kernels import ElasticKernel
from supernet.network import freeze
from supernet.norm_bank import BatchNormBank
from supernet.sharing import Sharing
from supernet.sharing.copies._balance import balance
from supernet.sharing.copies.few_shot import FewShot
from supernet.sharing.copies.mixture import Mixture
from supernet.training import (
    Method,
    Options,
    TrainConfig,
    Trainer,
    load_supernet,
    load_weights,
    new_supernet,
    parse_method,
    weights_digest,
)
from supernet.training.channels import sort_channels
from supernet.training.objectives import Labels
from supernet.training.samplers import SAMPLERS, Sandwich
from supernet.training.schedules import SCHEDULES
from tests.conftest import TINY, randomise, samples

MIXER = "stages[0].blocks[0].mixer"
SHARINGS = {
    "kernel_transforms": Sharing(kernel_transforms=True),
    "private_dilations": Sharing(private_dilations=True),
    "private_blocks": Sharing(private_blocks=True),
    "norm_bank_width": Sharing(norm_banks=("width",)),
    "norm_bank_mixer": Sharing(norm_banks=("mixer", "kernel")),
    "mixture": Sharing(copies=Mixture("depths", copies=2)),
    "few_shot": Sharing(copies=FewShot("stages[0].width", after=0.03)),
    "everything": Sharing(True, True, True, ("width",), False, Mixture(MIXER, copies=2)),
}
every_sharing = pytest.mark.parametrize("sharing", SHARINGS.values(), ids=SHARINGS)


@pytest.fixture(scope="module")
def data() -> ImageData:
    return load_data("digits")


@pytest.fixture(scope="module")
def paths_space(tmp_path_factory: pytest.TempPathFactory) -> SearchSpace:
    """The tiny space with sums of one to three kernels as its mixer."""
    text = TINY.read_text()
    start, end = text.index("  mixer:"), text.index("  norm:")
    kernels = "kernel_3: [true, false], kernel_5: [true, false], kernel_7: [true, false], kernel_9: false"
    path = tmp_path_factory.mktemp("space") / "paths.yaml"
    path.write_text(f"{text[:start]}  mixer: {{mix_path: {{{kernels}}}}}\n{text[end : text.index('rules:')]}")
    return load_space(str(path))


def trainer_of(supernet: Supernet, data: ImageData, **options: Any) -> Trainer:
    """A trainer of single paths from labels."""
    method = Method(SAMPLERS["single_path"](), Labels(), sharing=supernet.sharing)
    return Trainer(supernet, data, TrainConfig(method, epochs=1, batch_size=16, **options))


def images(count: int = 2) -> torch.Tensor:
    return torch.randn((count, 1, 32, 32), generator=torch.Generator().manual_seed(0))


# Every sharing


@every_sharing
def test_frozen_equals_active_after_training(tiny_space: SearchSpace, data: ImageData, sharing: Sharing) -> None:
    supernet = Supernet(tiny_space, sharing=sharing)
    trainer = trainer_of(supernet, data)
    for _ in range(4):
        trainer.train_step()
    randomise(supernet)
    supernet.eval()
    with torch.no_grad():
        for architecture in samples(tiny_space, 6):
            network = supernet.extract(architecture)
            with supernet.activate(architecture):
                active = supernet(images())
            torch.testing.assert_close(network(images()), active, rtol=1e-5, atol=1e-5 * float(1 + active.abs().max()))


@every_sharing
def test_resumed_equals_uninterrupted(
    tiny_space: SearchSpace, data: ImageData, sharing: Sharing, tmp_path: Path
) -> None:
    whole = trainer_of(Supernet(tiny_space, sharing=sharing), data)
    for step in range(8):
        if step == 5:
            whole.save(tmp_path / "s.safetensors")
        whole.train_step()
    resumed = trainer_of(Supernet(tiny_space, seed=9, sharing=sharing), data)
    resumed.load(tmp_path / "s.safetensors")
    for _ in range(3):
        resumed.train_step()
    assert weights_digest(resumed.supernet) == weights_digest(whole.supernet)


@every_sharing
def test_a_method_with_it_survives_its_json(sharing: Sharing) -> None:
    method = Method(sharing=sharing)
    assert parse_method(method.to_dict(), "json") == method


@every_sharing
def test_a_finished_training_is_loaded_as_it_shared(
    tiny_space: SearchSpace, data: ImageData, sharing: Sharing, tmp_path: Path
) -> None:
    trainer, path = trainer_of(Supernet(tiny_space, sharing=sharing), data), tmp_path / "s.safetensors"
    trainer.train_step()
    trainer.steps = trainer.step
    trainer.save(path)
    loaded = load_supernet(tiny_space, path)
    assert loaded.sharing == sharing and weights_digest(loaded) == weights_digest(trainer.supernet)
    with pytest.raises(InputError, match="is of another sharing: "):
        load_weights(Supernet(tiny_space), path)


def test_the_default_adds_nothing(tiny_space: SearchSpace) -> None:
    state = Supernet(tiny_space, sharing=Sharing()).state_dict()
    assert all(name.startswith("body.") for name in state)
    assert not any(word in name for name in state for word in ("transforms", "private", "norms."))


@pytest.mark.parametrize("name", ["kernel_transforms", "private_dilations"])
@torch.no_grad()
def test_kernels_start_as_they_were_shared(tiny_space: SearchSpace, name: str) -> None:
    plain, own = Supernet(tiny_space).eval(), Supernet(tiny_space, sharing=SHARINGS[name]).eval()
    assert len(own.state_dict()) > len(plain.state_dict())
    for architecture in samples(tiny_space, 8):
        torch.testing.assert_close(own.extract(architecture)(images()), plain.extract(architecture)(images()))


# Kernel transforms and private taps


def kernels_of(convolution: ElasticKernel, settings: list[Any]) -> list[torch.Tensor]:
    """The active weight of each (kernel, dilation)."""
    found = []
    for kernel, dilation in settings:
        if isinstance(convolution, ElasticDepthwiseConv2d):
            convolution.configure(4, kernel, dilation)
        else:
            convolution.configure(4, 4, kernel, dilation=dilation)  # type: ignore[operator]
        found.append(convolution.active()[0].detach().clone())  # type: ignore[operator]
    return found


SETTINGS = [((7, 7), 1), ((5, 5), 1), ((3, 3), 1), ((3, 3), 2), ((1, 3), 3)]


@pytest.mark.parametrize("kind", ["depthwise", "dense"])
@torch.no_grad()
def test_centre_taps_with_identity_transforms_equal_the_crop(kind: str) -> None:
    torch.manual_seed(0)
    conv: Any = ElasticDepthwiseConv2d(4, (7, 7)) if kind == "depthwise" else ElasticConv2d(4, 4, 7)
    crops = kernels_of(conv, SETTINGS)
    conv.transform(SETTINGS)
    assert all(torch.equal(a, b) for a, b in zip(kernels_of(conv, SETTINGS), crops, strict=True))
    assert len(conv.transforms.rows) == len(SETTINGS) - 1  # the whole kernel needs none
    randomise(conv.transforms)
    for (kernel, dilation), crop, found in zip(SETTINGS, crops, kernels_of(conv, SETTINGS), strict=True):
        name = f"kernel{kernel[0]}x{kernel[1]}_dilation{dilation}"
        if name in conv.transforms.rows:
            rows, columns = (getattr(conv.transforms, part)[name] for part in ("rows", "columns"))
            rows, columns = rows + torch.eye(kernel[0]), columns + torch.eye(kernel[1])
            crop = torch.einsum("ij,cdjk,kl->cdil", rows, crop, columns)
        torch.testing.assert_close(found, crop)
        conv.configure(4, *(() if kind == "depthwise" else (4,)), kernel, dilation=dilation)
        x = torch.randn(1, 4, 12, 12)
        torch.testing.assert_close(freeze(conv)(x), conv(x))


def test_private_taps_are_trained_by_their_dilation_alone() -> None:
    conv = ElasticDepthwiseConv2d(4, (7, 7))
    settings = [((7, 7), 1), ((3, 3), 1), ((3, 3), 2)]
    shared = kernels_of(conv, settings)
    conv.separate(settings)
    assert all(torch.equal(a, b) for a, b in zip(kernels_of(conv, settings), shared, strict=True))
    conv.configure(4, (3, 3), 2)
    conv(torch.randn(2, 4, 8, 8)).sum().backward()
    assert conv.weight.grad is None and conv.private is not None
    gradient = conv.private["2"].grad
    assert gradient is not None and gradient.abs().sum() > 0


def test_a_mixer_trains_a_block_of_its_own(tiny_space: SearchSpace, data: ImageData) -> None:
    """What one mixer trains in norm, gate and channel mixer is nothing that another one uses."""
    supernet = Supernet(tiny_space, sharing=Sharing(private_blocks=True))
    deep = [network for network in samples(tiny_space, 60) if network.stages[0].blocks]
    networks = {network.stages[0].blocks[0].mixer.op: network for network in deep}
    trained = {}
    for mixer, network in networks.items():
        supernet.zero_grad(set_to_none=True)
        with supernet.activate(network):
            supernet(images(8)).sum().backward()
        names = {name for name, parameter in supernet.named_parameters() if parameter.grad is not None}
        trained[mixer] = {name for name in names if ".stages.0.blocks.0." in name and ".residual." not in name}
    assert len(trained) > 2 and all(any("channel_mixer" in name for name in names) for names in trained.values())
    for one, other in combinations(trained.values(), 2):
        assert not one & other


def test_banks_are_filled_in_private_blocks_too(tiny_space: SearchSpace) -> None:
    """Names of the slot that a private operator stands in have their values there."""
    for private in (False, True):
        found = banks(Supernet(tiny_space, sharing=Sharing(private_blocks=private, norm_banks=("expansion",))))
        inside = {key for name, bank in found.items() if ".channel_mixer.operators." in name for key in bank.norms}
        assert len(inside) > 1 and "expansion=None" not in inside


def test_private_blocks_start_as_the_shared_one(tiny_space: SearchSpace) -> None:
    private, shared = (Supernet(tiny_space, sharing=Sharing(private_blocks=value)) for value in (True, False))
    for network in samples(tiny_space, 6):
        torch.testing.assert_close(private.extract(network)(images()), shared.extract(network)(images()))


# Banks of BatchNorms


def banks(supernet: Supernet) -> dict[str, BatchNormBank]:
    return {name: module for name, module in supernet.named_modules() if isinstance(module, BatchNormBank)}


def test_each_width_has_batch_norms_of_its_own(tiny_space: SearchSpace, data: ImageData) -> None:
    supernet = Supernet(tiny_space, sharing=SHARINGS["norm_bank_width"]).train()
    before = {name: tensor.clone() for name, tensor in supernet.state_dict().items()}
    network = tiny_space.largest()
    assert network.stages[1].width == 24
    with supernet.activate(network):
        supernet(images(8)).sum().backward()
    changed = {n for n, t in supernet.state_dict().items() if "running_mean" in n and not torch.equal(t, before[n])}
    norms = {n for n in before if ".stages.1." in n and "running_mean" in n}
    assert any("width=16" in name for name in norms)
    assert changed & norms and all("width=24" in name for name in changed & norms)
    for name, parameter in supernet.named_parameters():
        assert parameter.grad is None or "width=16." not in name or ".stages.1." not in name, name


def test_a_bank_holds_only_what_its_place_can_have(tiny_space: SearchSpace) -> None:
    found = banks(Supernet(tiny_space, sharing=Sharing(norm_banks=("mixer", "kernel"))))
    for name, bank in found.items():
        if ".mixer.operators.op_dilated_reparam." in name:
            assert set(bank.norms) == {"mixer=dilated_reparam,kernel=5", "mixer=dilated_reparam,kernel=7"}
        elif ".norm.operators." in name:
            mixers = {key.split(",")[0] for key in bank.norms}
            assert mixers == {f"mixer={m}" for m in ("dw_conv", "dilated_reparam", "inception_dw", "pool", "identity")}
    assert any(".norm.operators." in name for name in found)


@pytest.mark.parametrize("shadow", [True, False])
def test_sums_of_branches_have_a_norm_for_each_number_of_them(paths_space: SearchSpace, shadow: bool) -> None:
    """A subnet changes the statistics of its number of branches and no others."""
    supernet = Supernet(paths_space, sharing=Sharing(shadow_norms=shadow)).train()
    name, bank = next(iter(banks(supernet).items()))
    assert len(bank.norms) == (3 if shadow else 1) and name.startswith("body.stages.0.")
    for architecture in samples(paths_space, 6):
        before = means(bank)
        with supernet.activate(architecture), torch.no_grad():
            supernet(images(4))
        changed = {key for key, mean in means(bank).items() if not torch.equal(mean, before[key])}
        blocks = architecture.stages[0].blocks
        paths = blocks and sum(value is True for _, value in blocks[0].mixer.params)
        assert changed == ({f"paths{paths}" if shadow else "paths1"} if blocks else set())


def means(bank: BatchNormBank) -> dict[str, torch.Tensor]:
    return {name: norm.running_mean.clone() for name, norm in bank.norms.items()}  # type: ignore[union-attr,operator]


@torch.no_grad()
def test_a_sum_of_branches_merges_into_one_convolution(paths_space: SearchSpace) -> None:
    supernet = Supernet(paths_space).eval()
    randomise(supernet)
    network = supernet.extract(paths_space.largest()).double()
    merged = deploy(network)
    depthwise = [m for m in merged.modules() if isinstance(m, torch.nn.Conv2d) and m.groups > 1]
    assert [conv.kernel_size for conv in depthwise] == [(7, 7)] * 3
    torch.testing.assert_close(merged(images().double()), network(images().double()))


# Balanced mixture


@pytest.mark.parametrize(("values", "copies"), [(36, 4), (24, 8), (5, 2), (3, 8), (4, 4), (2, 2)])
@pytest.mark.parametrize("sharpness", [1, 30, 100])
def test_every_copy_serves_equally_many_values(values: int, copies: int, sharpness: float) -> None:
    logits = sharpness * np.random.default_rng([values, copies]).random((values, copies))
    probabilities, offsets = balance(logits)
    np.testing.assert_allclose(probabilities.sum(1), 1, atol=1e-12)
    np.testing.assert_allclose(probabilities.mean(0), 1 / copies, rtol=1e-4)
    softmax = np.exp(logits + offsets) / np.exp(logits + offsets).sum(1, keepdims=True)
    np.testing.assert_allclose(probabilities, softmax, atol=1e-9)


def test_a_value_goes_to_the_copy_in_which_it_is_accurate(tiny_space: SearchSpace) -> None:
    supernet = Supernet(tiny_space, sharing=Sharing(copies=Mixture("stages[0].width", copies=2)))
    narrow, wide = tiny_space.smallest(), tiny_space.largest()
    for step in range(200):
        supernet.begin_step(np.random.default_rng(step), step / 200)
        for architecture, home in ((narrow, 1), (wide, 0)):
            copy = supernet.router.copy_of(architecture)
            supernet.router.observe(architecture, float(copy == home))
        supernet.end_step()
    assert supernet.router.copy_of(narrow) == 1 and supernet.router.copy_of(wide) == 0
    scores: Any = supernet.router.scores
    assert scores[0, 1] == scores[1, 0] == 1 and scores[0, 0] < 0.9 and scores[1, 1] < 0.9


def test_a_step_trains_one_copy_and_scores_it(tiny_space: SearchSpace, data: ImageData) -> None:
    supernet = Supernet(tiny_space, sharing=SHARINGS["mixture"])
    trainer = trainer_of(supernet, data)
    before = [[p.detach().clone() for p in body.parameters()] for body in supernet.bodies]
    trainer.train_step()
    moved = [
        any(not torch.equal(a, b) for a, b in zip(body.parameters(), old, strict=True))
        for body, old in zip(supernet.bodies, before, strict=True)
    ]
    scores: Any = supernet.router.scores
    assert sorted(moved) == [False, True]
    assert int((scores != 1).sum()) == 1
    index = (scores != 1).nonzero()[0]
    assert bool(moved[int(index[1])]) and 0.9 <= float(scores[tuple(index)]) < 1


# Few-shot


def test_copies_part_as_equals_and_are_trained_apart(tiny_space: SearchSpace, data: ImageData) -> None:
    sharing = Sharing(copies=FewShot("stages[0].width", after=0.5))
    supernet = Supernet(tiny_space, sharing=sharing)
    trainer = trainer_of(supernet, data)
    narrow, wide = tiny_space.smallest(), tiny_space.largest()
    trainer.train_step()
    assert supernet.router.copy_of(narrow) == supernet.router.copy_of(wide) == 0
    trained = [p.detach().clone() for p in supernet.body.parameters()]
    trainer.step = trainer.steps // 2 + 1
    trainer.train_step()
    assert {supernet.router.copy_of(narrow), supernet.router.copy_of(wide)} == {0, 1}
    equal = [
        all(torch.equal(a, b) for a, b in zip(body.parameters(), trained, strict=True)) for body in supernet.bodies
    ]
    assert sorted(equal) == [False, True]  # one copy took the step, the other is still the parent
    still = supernet.bodies[equal.index(True)]
    momenta = [trainer.optimizer.state[p]["exp_avg"] for p in still.parameters() if p in trainer.optimizer.state]
    assert momenta and any(m.abs().sum() > 0 for m in momenta)


# What does not fit, and what the page says


@pytest.mark.parametrize("sharing", [SHARINGS["norm_bank_width"], SHARINGS["few_shot"]])
def test_subnets_of_one_pass_have_nothing_of_their_own(sharing: Sharing) -> None:
    with pytest.raises(InputError, match="sampler masked_pairs runs its subnets in one pass, through the same weights"):
        Method(SAMPLERS["masked_pairs"](), Labels(), sharing=sharing)


@pytest.mark.parametrize("options", [Options(sort_channels=True), Options(drop_path=0.5), Options(ema=0.9)], ids=str)
def test_the_options_of_a_method_reach_every_copy(tiny_space: SearchSpace, data: ImageData, options: Options) -> None:
    """Few-shot copies part after the channels are sorted, dropped or averaged, and each is trained on alone."""
    sharing = Sharing(True, True, copies=FewShot("stages[0].width", after=0.3))
    schedule = SCHEDULES["delayed_shrinking"](delay=0.2)  # type: ignore[call-arg]
    config = TrainConfig(Method(Sandwich(random=1), Labels(), schedule, sharing, options), epochs=1, batch_size=128)
    supernet = new_supernet(tiny_space, config)
    trainer = Trainer(supernet, data, config)
    while trainer.step < trainer.steps:
        assert np.isfinite(list(trainer.train_step().values())).all()
    bodies = [torch.cat([p.detach().flatten() for p in body.parameters()]) for body in supernet.bodies]
    untrained = Supernet(tiny_space, sharing=sharing).bodies[1].parameters()
    start = torch.cat([p.detach().flatten() for p in untrained])
    # The second copy was drawn anew; it has become like the first.
    assert (bodies[0] - bodies[1]).norm() < 0.5 * (start - bodies[1]).norm()
    assert not torch.equal(*bodies)


@torch.no_grad()
def test_sorted_channels_leave_the_largest_network_as_it_was(tiny_space: SearchSpace) -> None:
    supernet = Supernet(tiny_space, sharing=Sharing(True, True, norm_banks=("width",)))
    randomise(supernet)
    before = supernet.eval()(images())
    names = {name: tensor.clone() for name, tensor in supernet.state_dict().items()}
    sort_channels(supernet, lambda parameter: [])
    assert any(not torch.equal(tensor, names[name]) for name, tensor in supernet.state_dict().items())
    torch.testing.assert_close(supernet(images()), before, rtol=1e-4, atol=1e-4 * float(before.abs().max()))


def test_the_page_shows_every_option_with_its_default() -> None:
    page = (Path(__file__).parents[3] / "docs" / "training.md").read_text()
    document = yaml.safe_load(re.findall(r"```yaml\n(.*?)```", page.split("## Sharing")[1], re.DOTALL)[0])
    assert parse_method(document, "page").sharing == Sharing(copies=Mixture("depths"))
    assert set(document["sharing"]) == set(Sharing.__dataclass_fields__)


@pytest.mark.parametrize(
    ("sharing", "message"),
    [
        (Sharing(copies=Mixture("depth")), r"choice 'depth' is unknown in the space tiny \(did you mean 'depths'\?\)"),
        (Sharing(copies=FewShot("downsamplings")), "choice 'downsamplings' has one value in the space tiny"),
    ],
)
def test_a_choice_that_the_space_does_not_have(tiny_space: SearchSpace, sharing: Sharing, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Supernet(tiny_space, sharing=sharing)
    with pytest.raises(InputError, match=message):
        sharing.check(tiny_space)


@pytest.mark.parametrize(
    ("sharing", "message"),
    [
        ("mixture", "sharing: expected a mapping of options, found 'mixture'"),
        ({"kernel_transform": True}, r"sharing: option 'kernel_transform' is unknown \(did you mean 'kernel_tra"),
        ({"norm_banks": ["widht"]}, r"norm_banks: 'widht' is unknown \(did you mean 'width'\?\)"),
        ({"copies": {"mixtures": {}}}, r"copies 'mixtures' is unknown \(did you mean 'mixture'\?\)"),
        ({"copies": {"mixture": {"choice": "depths", "copies": 1}}}, "copies mixture: copies: .*greater than or equal"),
        ({"copies": "mixture"}, "copies mixture: choice: .*required"),
    ],
)
def test_wrong_sharings_are_refused(sharing: object, message: str) -> None:
    with pytest.raises(InputError, match=f"^method.yaml: .*{message}"):
        parse_method({"sharing": sharing}, "method.yaml")


@pytest.mark.parametrize(
    ("choice", "count"),
    [
        ("depths", 4),
        ("stages[1].width", 2),
        (MIXER, 6),
        ("stages[1].blocks[0].mixer", 5),
        (f"{MIXER}.dw_conv.kernel", 4),
    ],
)
def test_values_of_a_choice_are_those_that_networks_have(tiny_space: SearchSpace, choice: str, count: int) -> None:
    """One more where some networks do not have the choice."""
    supernet = Supernet(tiny_space, sharing=replace(Sharing(), copies=FewShot(choice, after=0)))
    supernet.begin_step(np.random.default_rng(0), 0)
    drawn: list[Architecture] = samples(tiny_space, 200)
    assert {supernet.router.copy_of(architecture) for architecture in drawn} == set(range(count))
    assert len(supernet.bodies) == count
