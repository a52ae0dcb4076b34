"""Class folders: what is read, how it is resized, what is refused by name."""

from __future__ import annotations

import io
import random
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from search_spaces.errors import InputError
from supernet.data import load_data
from tests.supernet.data.files import pixels, png, write_classes

COUNTS = {"bird": 10, "cat": 10}


def test_classes_are_folders_and_pixels_are_kept(tmp_path: Path) -> None:
    write_classes(tmp_path / "pets", COUNTS)
    (tmp_path / "pets" / "cat" / "README.txt").write_text("no image")
    (tmp_path / "pets" / "cat" / ".hidden.png").write_text("no image")
    (tmp_path / "pets" / ".cache").mkdir()
    data = load_data(f"imagefolder:{tmp_path / 'pets'}")
    assert (data.name, data.classes, data.resolution, data.channels) == ("pets", ("bird", "cat"), 12, 3)
    parts = (data.train, data.validation, data.test)
    found = {
        (image.permute(1, 2, 0).numpy().tobytes(), int(label))
        for part in parts
        for image, label in zip(part.images, part.labels, strict=True)
    }
    assert found == {(pixels(seed).tobytes(), int(seed > 10)) for seed in range(1, 21)}
    assert sum(map(len, parts)) == 20


@pytest.mark.parametrize("held", ["test", "val", "validation"])
def test_train_and_held_out_folders_are_used(tmp_path: Path, held: str) -> None:
    write_classes(tmp_path / "train", COUNTS)
    write_classes(tmp_path / held, {"cat": 3})
    data = load_data(f"imagefolder:{tmp_path}")
    assert data.classes == ("bird", "cat") and data.test.labels.tolist() == [1, 1, 1]
    assert (len(data.train), len(data.validation)) == (18, 2)


def test_all_three_folders_are_used(tmp_path: Path) -> None:
    for number, role in enumerate(("train", "val", "test")):
        write_classes(tmp_path / role, {"bird": 4 + number, "cat": 4})
    data = load_data(f"imagefolder:{tmp_path}")
    assert [len(part) for part in (data.train, data.validation, data.test)] == [8, 9, 10]


def test_a_lone_train_folder_is_split_and_a_class_may_be_called_train(tmp_path: Path) -> None:
    write_classes(tmp_path / "one" / "train", COUNTS)
    assert load_data(f"imagefolder:{tmp_path / 'one'}").classes == ("bird", "cat")
    write_classes(tmp_path / "two", {"bus": 4, "train": 4})
    assert load_data(f"imagefolder:{tmp_path / 'two'}").classes == ("bus", "train")


def test_mixed_sizes_become_the_most_common_shorter_side(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 6, "b": 6}, height=10, width=16)
    (tmp_path / "a" / "odd.png").write_bytes(png(pixels(99, 40, 30)))
    assert load_data(f"imagefolder:{tmp_path}").resolution == 10
    asked = load_data(f"imagefolder:{tmp_path}", resolution=8)
    assert asked.resolution == 8 and asked.train.images.shape[1:] == (3, 8, 8)


def test_large_images_are_reduced_to_224(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 3, "b": 3}, height=230, width=300)
    assert load_data(f"imagefolder:{tmp_path}").resolution == 224


def test_the_centre_is_kept(tmp_path: Path) -> None:
    values = np.zeros((8, 24, 3), np.uint8)
    values[:, 8:16] = 200
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for number in range(3):
            (tmp_path / name / f"{number}.png").write_bytes(png(values))
    data = load_data(f"imagefolder:{tmp_path}")
    assert data.resolution == 8 and (data.train.images == 200).all()


def test_grey_stays_one_channel_unless_colour_is_among_it(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 4, "b": 4}, channels=1)
    assert load_data(f"imagefolder:{tmp_path}").channels == 1
    (tmp_path / "a" / "colour.png").write_bytes(png(pixels(5)))
    assert load_data(f"imagefolder:{tmp_path}").channels == 3


@pytest.mark.filterwarnings("error")
def test_palettes_alpha_and_rotation_are_resolved(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 4, "b": 4})
    picture = Image.fromarray(pixels(7))
    picture.quantize(16).save(tmp_path / "a" / "palette.png", transparency=bytes(range(16)))
    picture.convert("RGBA").save(tmp_path / "a" / "alpha.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held turned by a quarter
    picture.save(tmp_path / "a" / "turned.png", exif=exif)
    data = load_data(f"imagefolder:{tmp_path}")
    everything = [i.permute(1, 2, 0).numpy() for p in (data.train, data.validation, data.test) for i in p.images]
    assert any(np.array_equal(image, np.rot90(pixels(7), -1)) for image in everything)
    assert any(np.array_equal(image, pixels(7)) for image in everything)


def _sixteen_bits() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.arange(144, dtype=np.uint16).reshape(12, 12) * 300).save(buffer, "png")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "not a readable image"),
        (b"GIF89a but no more", "not a readable image"),
        (png(pixels(0))[:200], "not a readable image"),
        (_sixteen_bits(), "convert to 8 bits"),
    ],
)
def test_a_broken_image_is_named(tmp_path: Path, content: bytes, problem: str) -> None:
    write_classes(tmp_path, COUNTS)
    (tmp_path / "cat" / "7.png").write_bytes(content)
    with pytest.raises(InputError, match=rf"cat/7\.png: .*{problem}"):
        load_data(f"imagefolder:{tmp_path}")


def test_no_damaged_png_escapes_as_another_error(tmp_path: Path) -> None:
    write_classes(tmp_path, {"a": 3, "b": 3})
    whole, rng = png(pixels(0)), random.Random(0)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(3):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        (tmp_path / "b" / "0.png").write_bytes(damaged)
        try:
            load_data(f"imagefolder:{tmp_path}")
        except InputError as error:
            assert "b/0.png" in str(error)


@pytest.mark.parametrize(
    ("counts", "problem"),
    [
        ({}, "has no class folders; expected one folder of images for each class"),
        ({"cat": 9}, "has 1 class, at least 2"),
        ({"cat": 9, "dog": 2}, "class 'dog' has 2 training images, at least 3"),
        ({"cat": 9, "dog": 0}, "dog: no images in this class"),
        ({"train/cat": 9, "train/dog": 9, "test/dot": 2}, r"test/dot: no such class .*did you mean 'dog'"),
        ({"train/cat": 9, "train/dog": 1, "test/dog": 2}, "class 'dog' has 1 training images, at least 2"),
    ],
)
def test_unusable_folders_are_refused(tmp_path: Path, counts: dict[str, int], problem: str) -> None:
    write_classes(tmp_path, counts)
    with pytest.raises(InputError, match=problem):
        load_data(f"imagefolder:{tmp_path}")
