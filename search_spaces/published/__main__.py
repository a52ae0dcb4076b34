"""Write the architecture file of every published network, and the index."""

from __future__ import annotations

import json

from search_spaces.architecture import Architecture
from search_spaces.files import write_text_atomic
from search_spaces.published import FOLDER, INDEX
from search_spaces.published.families import families


def contents() -> dict[str, str]:
    """Return the text of every file by name."""
    files: dict[str, str] = {}
    index: dict[str, dict] = {}
    for family, facts in families().items():
        for name, one in facts.networks.items():
            files[f"{name}.json"] = Architecture.from_dict(one.architecture, name).to_json()
            index[name] = {
                "family": family,
                "paper": facts.paper,
                "year": facts.year,
                "top1": one.top1,
                "source": facts.source,
                "note": one.note,
            }
    files[INDEX.name] = json.dumps(index, indent=2) + "\n"
    return files


def main() -> None:
    """Write the files and remove those of networks that are gone."""
    files = contents()
    for path in FOLDER.glob("*.json"):
        if path.name not in files:
            path.unlink()
    for name, text in files.items():
        write_text_atomic(FOLDER / name, text)
    print(f"{len(files) - 1} architecture files and the index in {FOLDER}")


if __name__ == "__main__":
    main()
