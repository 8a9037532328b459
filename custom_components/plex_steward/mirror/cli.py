"""The command `plex-steward`. Flags, exit codes and documents follow jellyplex-sync 0.2.1; the rest is ours."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
import gc
import os
import signal
import sys
import time
from types import FrameType
from typing import NoReturn

from .garbage import no_gc
from .model import Kind, Layout, Materializer, Options, Outcome, Report, Sidecars
from .run import run
from .settings import MirrorSettings

PROCESSES = min(getattr(os, "process_cpu_count", os.cpu_count)() or 1, 4)
COMMANDS = ("sync", "diff", "plan", "undo", "import", "doctor")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    words = list(sys.argv[1:] if arguments is None else arguments)
    if words and not words[0].startswith("-") and words[0] not in COMMANDS:
        words.insert(0, "sync")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")  # names need not be text
    with no_gc():  # a command lives for one run: a collector only walks over what is still in use
        try:
            return _command(_parser(words).parse_args(words))
        finally:
            gc.freeze()  # the process ends: a last walk over all it knows would take a tenth of a first run


def _command(given: argparse.Namespace) -> int:
    stop = _Stop()
    try:
        if given.command == "doctor":
            from .doctor import report_in_words  # noqa: PLC0415 - each command loads what it needs

            return report_in_words(given.source, given.target, _materializer(given), as_json=given.json)
        report = _act(given, stop)
    except KeyboardInterrupt:
        report = Report(given.command, Outcome.CANCELLED, 10, given.source, given.target)
    except Exception as error:  # noqa: BLE001 - whatever happens, there is an exit code and a document
        if given.debug:
            import traceback  # noqa: PLC0415 - only when something went wrong

            traceback.print_exc()
        detail = (("detail", f"{type(error).__name__}: {error}"),)
        report = Report(
            given.command, Outcome.FAILED, 99, given.source, given.target, refusal="crash", refusal_data=detail
        )
    finally:
        stop.close()
    _tell(given, report, stop)
    return report.exit_code


def _act(given: argparse.Namespace, stop: _Stop) -> Report:
    progress = _Progress().tell if given.progress else None
    if given.command == "import":
        from .importer import bring_in  # noqa: PLC0415 - each command loads what it needs

        return bring_in(
            _settings(given), move=not given.copy, dry_run=given.dry_run, progress=progress, cancel=stop.asked
        )
    return run(
        _settings(given),
        given.command,
        dry_run=given.dry_run,
        verify=given.verify,
        approve=given.approve,
        progress=progress,
        cancel=stop.asked,
    )


def _settings(given: argparse.Namespace) -> MirrorSettings:
    options = Options(
        Layout(given.source_format),
        Layout(given.target_format),
        Kind(given.kind),
        Sidecars(given.sidecars),
        _materializer(given),
        given.delete,
        only=tuple(os.path.basename(os.path.normpath(path)) for path in given.only or ()),
    )
    return MirrorSettings(
        given.source,
        given.target,
        options,
        create=given.create,
        max_removals=given.max_removals,
        anchor=given.anchor,
        trash_days=given.trash_days,
        purge_last=given.purge_last,
        keep_server_files=not given.delete_server_files,
        quick=not given.json or given.no_skips,
        jobs=given.jobs,
        state=given.state_dir,
    )


def _materializer(given: argparse.Namespace) -> Materializer:
    for name in ("copy", "force_copy", "reflink"):
        if getattr(given, name):
            return Materializer(name)
    return Materializer.HARDLINK


def _tell(given: argparse.Namespace, report: Report, stop: _Stop) -> None:
    """Write the document, or say it in words."""
    try:
        if given.json:
            from .report import write  # noqa: PLC0415 - each command loads what it needs

            write(report, sys.stdout, skips=not given.no_skips)
        from .text import tell  # noqa: PLC0415 - the same

        tell(report, verbose=given.verbose or given.debug, quiet=given.json, signal=stop.name)
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Stop:
    """SIGINT and SIGTERM ask for the end between two actions; the second one is not waited for."""

    def __init__(self) -> None:
        self.name = ""
        self.old = {}
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                self.old[number] = signal.signal(number, self.catch)
            except ValueError:  # not in the main thread: then nobody sends signals here
                break

    def catch(self, number: int, _frame: FrameType | None) -> None:
        """Note the signal."""
        if self.name:
            raise KeyboardInterrupt
        self.name = signal.Signals(number).name

    def asked(self) -> bool:
        """Whether the run should end."""
        return bool(self.name)

    def close(self) -> None:
        """Give the signals back."""
        for number, handler in self.old.items():
            signal.signal(number, handler)


class _Progress:
    """A line on stderr, at most five times a second."""

    def __init__(self) -> None:
        self.last = 0.0
        self.end = "\r" if sys.stderr.isatty() else "\n"

    def tell(self, stage: str, done: int, total: int) -> None:
        """Show where the run is."""
        now = time.monotonic()
        if now - self.last >= 0.2 or (done == total and total):
            self.last = now
            sys.stderr.write(f"{stage}: {done} of {total}{self.end}" if total else f"{stage}{self.end}")


class _Parser(argparse.ArgumentParser):
    """Writes a document for a mistyped command too, where one was asked for."""

    def error(self, message: str) -> NoReturn:
        if "--json" in sys.argv[1:]:
            import json  # noqa: PLC0415 - only when asked for

            sys.stdout.write(json.dumps({"operation": None, "exit_code": 2, "error": message}, indent=2) + "\n")
        super().error(message)


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="plex-steward", description="Mirror a media library between the Plex and the Jellyfin naming layout."
    )
    parser.set_defaults(**_DEFAULTS)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    wanted = words[0] if words and words[0] in COMMANDS else None
    for name, text in _TEXTS.items():
        command = commands.add_parser(name, help=text, description=text)
        if wanted in {None, name}:  # the others' flags are not needed to read this command
            _flags(command, name)
    return parser


_TEXTS = {
    "sync": "Make the target a mirror of the source in the other layout.",
    "diff": "Compare without touching anything: exit code 0 in sync, 1 differences, 2 set-up error.",
    "plan": "Show for every file what a sync would do and why.",
    "undo": "Take back the last sync of a target.",
    "import": "Move films from a staging folder into a library; never overwrites.",
    "doctor": "Explain whether hard links work between two folders, and what to do if not.",
}

_DEFAULTS = {
    "source_format": "auto", "target_format": "auto", "kind": "auto", "sidecars": "follow", "hardlink": False,
    "copy": False, "force_copy": False, "reflink": False, "dry_run": False, "delete": False, "create": False,
    "only": None, "max_removals": "50%", "trash_days": 30.0, "purge_last": False, "delete_server_files": False,
    "jobs": PROCESSES, "progress": False, "verify": False, "anchor": None, "approve": None, "no_skips": False,
    "state_dir": None, "verbose": False, "debug": False, "json": False, "source": "",
}  # fmt: skip


def _flags(command: argparse.ArgumentParser, name: str) -> None:
    """Add what one command takes."""
    flag = command.add_argument
    flag("-v", "--verbose", action="store_true", help="say every file")
    flag("--debug", action="store_true", help="say more, and show where a failure came from")
    flag("--json", action="store_true", help="write one JSON document to stdout, whatever happens")
    flag("--state-dir", metavar="FOLDER", help="where runs are remembered (default: .plex-steward in the target)")
    flag("--progress", action="store_true", help="show progress on stderr")
    if name in {"sync", "undo", "import"}:
        flag("--dry-run", action="store_true", help="show what would happen; write nothing")
    if name in {"sync", "diff", "plan", "import"}:
        for side in ("source", "target"):
            flag(f"--{side}-format", choices=[layout.value for layout in Layout], default="auto")
        flag("--kind", choices=[kind.value for kind in Kind], default="auto", help="what the library holds")
        flag("--sidecars", choices=[one.value for one in Sidecars], default="follow")
    if name in {"sync", "diff", "plan"}:
        flag("--only", metavar="FOLDER", action="append", help="look at this film or show alone; may be repeated")
        flag("--jobs", type=_count, default=PROCESSES, help="processes that share the work (default %(default)s here)")
        flag("--anchor", metavar="PATH", help="file or folder that must exist in the source")
    if name in {"sync", "diff", "plan", "doctor"}:
        ways = command.add_mutually_exclusive_group()
        ways.add_argument("--hardlink", action="store_true", help="link (default)")
        ways.add_argument("--copy", action="store_true", help="copy; skip what has the same size and time")
        ways.add_argument("--force-copy", action="store_true", help="copy everything again")
        ways.add_argument("--reflink", action="store_true", help="share blocks where the file system can")
    if name in {"sync", "plan"}:
        flag("--delete", action="store_true", help="move what the source does not explain to the trash")
        flag("--delete-server-files", action="store_true", help="and what a media server wrote there")
    if name in {"sync", "import"}:
        flag("--create", action="store_true", help="make the target folder")
    if name == "sync":
        flag("--max-removals", type=_limit, default="50%", metavar="COUNT|PERCENT%", help="refuse more (default 50%%)")
        flag("--trash-days", type=float, default=30.0, metavar="DAYS", help="keep what was removed (default 30)")
        flag("--purge-last", action="store_true", help="let the trash delete files without another link, too")
        flag("--verify", action="store_true", help="look at every file even if nothing seems to have changed")
        flag("--no-skips", action="store_true", help="no line for files that were right already")
        flag("--approve", metavar="DIGEST", help="allow the plan of this name, which was refused before")
    if name == "import":
        ways = command.add_mutually_exclusive_group()
        ways.add_argument("--move", action="store_true", help="take from the staging folder (default)")
        ways.add_argument("--copy", action="store_true", help="leave the staging folder as it is")
    if name != "undo":
        flag("source", help="staging folder" if name == "import" else "library to read")
    flag("target", help="library to write")


def _limit(text: str) -> str:
    from .guard import allowed_removals  # noqa: PLC0415 - only when the flag is given

    allowed_removals(text, 0)
    return text


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number
