"""A training method: which subnets a step trains, what they learn from, when the space opens, how they share weights.

Data, chosen by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import TypeAdapter, ValidationError

from search_spaces.errors import InputError, nearest
from search_spaces.files import read_text
from supernet.sharing import COPIES, Sharing
from supernet.sharing.copies import One
from supernet.training.objectives import OBJECTIVES, InPlace, Objective
from supernet.training.options import Options
from supernet.training.samplers import SAMPLERS, Sampler, Sandwich
from supernet.training.schedules import SCHEDULES, AllAtOnce, Schedule

_BESIDE = ("sharing", "options", "summary", "paper")
_FOLDER = Path(__file__).parent / "methods"
Part = TypeVar("Part")


@dataclass(frozen=True)
class Method:
    """One training method, composed of a sampler, an objective, a schedule and a way of sharing weights; its options.

    Raises InputError when the objective distils from the largest subnet and the sampler does not train it, and when the
    sampler runs its subnets in one pass and they have a teacher, or copies of the weights or norms of their own.
    """

    sampler: Sampler = Sandwich()
    objective: Objective = InPlace()
    schedule: Schedule = AllAtOnce()
    sharing: Sharing = Sharing()
    options: Options = Options()

    def __post_init__(self) -> None:
        if self.objective.teacher == "largest" and not self.sampler.has_largest:
            able = ", ".join(name for name, sampler in SAMPLERS.items() if sampler.has_largest)
            raise InputError(
                f"objective {_name(self.objective, OBJECTIVES)} learns from the largest subnet of a step, "
                f"which sampler {_name(self.sampler, SAMPLERS)} does not train; samplers that do: {able}"
            )
        if self.objective.teacher != "none" and self.sampler.together:
            raise InputError(
                f"sampler {_name(self.sampler, SAMPLERS)} runs its subnets in one pass and they learn from labels; "
                f"objective {_name(self.objective, OBJECTIVES)} has a teacher"
            )
        if self.sampler.together and (self.sharing.norm_banks or self.sharing.copies != One()):
            raise InputError(
                f"sampler {_name(self.sampler, SAMPLERS)} runs its subnets in one pass, through the same weights: "
                "leave norm_banks and copies out of sharing"
            )

    def check_teacher(self, given: bool) -> None:
        """Raise InputError when a teacher from outside is given and not used, or used and not given."""
        if self.objective.teacher == "external" and not given:
            raise InputError("the objective external_teacher needs a teacher: --teacher ENTRY of the registry")
        if self.objective.teacher != "external" and given:
            raise InputError("a teacher was given, but the objective does not use it: --method external_teacher does")

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON form, each part as ``{name: options}``, then the options; `parse_method` reads it."""
        parts = ((self.sampler, SAMPLERS), (self.objective, OBJECTIVES), (self.schedule, SCHEDULES))
        values = [{_name(part, known): asdict(part)} for part, known in parts]
        named = dict(zip(("sampler", "objective", "schedule"), values, strict=True))
        return {**named, "sharing": self.sharing.to_dict(), "options": asdict(self.options)}


def methods() -> tuple[str, ...]:
    """Return the names of the methods that are shipped."""
    return tuple(sorted(path.stem for path in _FOLDER.glob("*.yaml")))


def load_method(name_or_path: str) -> Method:
    """Read a shipped method by name, or a method file. Raises InputError saying where and what would be right."""
    path = _FOLDER / f"{name_or_path}.yaml"
    if not path.is_file():
        path = Path(name_or_path)
        if path.suffix not in (".yaml", ".yml") or not path.is_file():
            raise InputError(f"training method {name_or_path!r} is unknown{nearest(name_or_path, methods())}")
    try:
        document = yaml.safe_load(read_text(path))
    except yaml.YAMLError as error:
        raise InputError(f"{path}: not YAML: {error}") from None
    return parse_method(document, str(path))


def method_summary(name: str) -> dict[str, str]:
    """Return the summary of a shipped method, and its paper where it has one."""
    document = yaml.safe_load(read_text(_FOLDER / f"{name}.yaml"))
    return {key: document[key] for key in ("summary", "paper") if key in document}


def parse_method(document: Any, where: str) -> Method:
    """Return the method of ``{sampler, objective, schedule}``, each a name or ``{name: {option: value}}``.

    ``sharing`` and ``options``, mappings of their options, may stand beside them, and ``summary`` and ``paper``. Raises
    InputError naming ``where`` and the key.
    """
    if not isinstance(document, Mapping):
        raise InputError(f"{where}: expected a mapping with sampler, objective and schedule, found {document!r}")
    parts: dict[str, Mapping[str, Any]] = {"sampler": SAMPLERS, "objective": OBJECTIVES, "schedule": SCHEDULES}
    for key in document:
        if key not in (*parts, *_BESIDE):
            raise InputError(f"{where}: key {key!r} is unknown{nearest(str(key), (*parts, *_BESIDE))}")
    try:
        chosen = {key: _part(key, document[key], known) for key, known in parts.items() if key in document}
        options = _checked("options", Options, document.get("options") or {})
        return Method(**chosen, sharing=_sharing(document.get("sharing") or {}), options=options)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _part(key: str, value: Any, known: Mapping[str, type[Part]]) -> Part:
    """Return one part from a name or from ``{name: options}``."""
    name, options = (value, {}) if isinstance(value, str) else _only_item(key, value)
    if name not in known:
        raise InputError(f"{key} {name!r} is unknown{nearest(str(name), known)}")
    return _checked(f"{key} {name}", known[name], options)


def _sharing(value: Any) -> Sharing:
    """Return the sharing of a mapping of its options, ``copies`` among them by name."""
    if isinstance(value, Mapping) and "copies" in value:
        value = {**value, "copies": _part("copies", value["copies"], COPIES)}
    return _checked("sharing", Sharing, value)


def _checked(where: str, kind: type[Part], options: Any) -> Part:
    """Return a part with these options, their names and values checked."""
    if not isinstance(options, Mapping):
        raise InputError(f"{where}: expected a mapping of options, found {options!r}")
    fields = kind.__dataclass_fields__  # type: ignore[attr-defined]
    for option in options:
        if option not in fields:
            raise InputError(f"{where}: option {option!r} is unknown{nearest(str(option), fields)}")
    try:
        return TypeAdapter(kind).validate_python(dict(options))
    except ValidationError as error:
        first = error.errors()[0]
        if first["type"] == "value_error":  # of the options together, said by the part itself
            raise InputError(f"{where}: {first.get('ctx', {}).get('error')}") from None
        option = ".".join(str(place) for place in first["loc"])
        raise InputError(f"{where}: {option}: {first['msg']}, found {first['input']!r}") from None


def _only_item(key: str, value: Any) -> tuple[str, Mapping[str, Any]]:
    if isinstance(value, Mapping) and len(value) == 1:
        ((name, options),) = value.items()
        if options is None or isinstance(options, Mapping):
            return name, options or {}
    raise InputError(f"{key}: expected a name or {{name: {{option: value}}}}, found {value!r}")


def _name(part: object, known: Mapping[str, type]) -> str:
    return next(name for name, kind in known.items() if type(part) is kind)
