"""Build a release: stamp the version into a copy of the tracked files, then zip the integration and build the wheel."""

from pathlib import Path
import re
import subprocess
import sys
from tempfile import TemporaryDirectory
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

ROOT = Path(__file__).parents[2]
INTEGRATION = Path("custom_components/plex_steward")
VERSION = re.compile(r"\d+\.\d+\.\d+((a|b|rc)\d+)?")
EPOCH = (2026, 1, 1, 0, 0, 0)
"""Every file's time in the zip: the same files give the same zip."""


def tracked(folder: Path) -> list[Path]:
    """Return the tracked files below a folder of the checkout, sorted."""
    done = subprocess.run(["git", "ls-files", "-z", "--", folder], cwd=ROOT, capture_output=True, check=True)
    return sorted(Path(name) for name in done.stdout.decode().split("\0") if name and (ROOT / name).is_file())


def copy(target: Path, version: str) -> None:
    """Copy what the wheel is built from, with the version in the manifest."""
    for path in [*tracked(INTEGRATION), Path("pyproject.toml"), Path("README.md"), Path("LICENSE")]:
        content = (ROOT / path).read_bytes()
        if path == INTEGRATION / "manifest.json":
            text, count = re.subn(r'("version": ")[^"]+', rf"\g<1>{version}", content.decode())
            if count != 1:
                sys.exit("release: the manifest has no version to stamp")
            content = text.encode()
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        (target / path).write_bytes(content)


def pack(folder: Path, archive: Path) -> None:
    """Zip a folder's files, with names relative to it: HACS unpacks them into the integration's folder."""
    with ZipFile(archive, "w", ZIP_DEFLATED) as output:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                info = ZipInfo(path.relative_to(folder).as_posix(), EPOCH)
                info.compress_type = ZIP_DEFLATED
                info.external_attr = 0o644 << 16
                output.writestr(info, path.read_bytes())
    print(archive)


def main(version: str, output: Path) -> None:
    """Write the zip and the wheel into ``output``."""
    if not VERSION.fullmatch(version):
        sys.exit(f"release: {version!r} is no version such as 1.2.3")
    output.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory() as temporary:
        copy(Path(temporary), version)
        pack(Path(temporary) / INTEGRATION, output / "plex_steward.zip")
        build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(output), temporary]
        subprocess.run(build, check=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
