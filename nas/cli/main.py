"""The command ``nas``. Heavy libraries are imported inside the commands that use them."""

from __future__ import annotations

import os
import sys

import typer

from nas.cli import (
    bench,
    export,
    methods,
    operators,
    price,
    profile,
    published,
    rank_check,
    registry,
    report,
    score,
    search,
    spaces,
    study,
    train,
)
from nas.cli.console import fail
from search_spaces.errors import InputError, WorkError

app = typer.Typer(
    name="nas",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Search neural architectures for your data and your device.",
    epilog="Start with: nas search --space lk_convnet",
)
_INTERRUPTED = 130

app.command("search")(search.search)
app.command("train")(train.train)
app.command("rank-check")(rank_check.rank_check)
app.command("price")(price.price)
app.command("score")(score.score)
app.command("export")(export.export)
app.command("report")(report.report)
app.command("study")(study.study)
app.add_typer(profile.app, name="profile")
app.add_typer(spaces.app, name="spaces")
app.add_typer(methods.app, name="methods")
app.add_typer(operators.app, name="operators")
app.add_typer(published.app, name="published")
app.add_typer(registry.app, name="registry")
app.add_typer(bench.app, name="bench")


def main(arguments: list[str] | None = None) -> None:
    """Run the command and exit: 0 done, 1 the work failed, 2 wrong input, 130 interrupted."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code. NAS_DEBUG=1 shows tracebacks."""
    try:
        code = app(args=arguments, standalone_mode=False)
        if code == _INTERRUPTED:  # typer has caught the KeyboardInterrupt
            raise KeyboardInterrupt
        return code if isinstance(code, int) else 0
    except typer.Exit as stop:
        return stop.exit_code
    except typer.TyperException as error:
        show = getattr(error, "show", None)
        show() if show else fail(str(error))
        return 2
    except InputError as error:
        fail(str(error))
        return 2
    except WorkError as error:
        fail(str(error))
        return 1
    except (KeyboardInterrupt, typer.Abort):
        fail("interrupted. What was done is saved: run the same command with --resume to go on.")
        return _INTERRUPTED
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception as error:
        if os.environ.get("NAS_DEBUG"):
            raise
        fail(f"{type(error).__name__}: {error}\nThis is a failure of nas, not of your input. NAS_DEBUG=1 shows where.")
        return 1


if __name__ == "__main__":
    main()
