"""The doctor names the cause of links that fail, by mount table and by trying."""

from __future__ import annotations

import errno
import json
from pathlib import Path
from string import Formatter

import pytest

from custom_components.plex_steward.mirror import cli, doctor, facts
from custom_components.plex_steward.mirror.doctor import Diagnosis, Finding, examine
from custom_components.plex_steward.mirror.model import Materializer
from custom_components.plex_steward.mirror.mounts import Mount, mount_of, mounts
from custom_components.plex_steward.mirror.remedies import REMEDIES, words_for

from .disk import COPY, tree, write


@pytest.fixture
def pair(tmp_path: Path) -> tuple[Path, Path]:
    (tmp_path / "target").mkdir()
    return write(tmp_path / "source"), tmp_path / "target"


def mount(number: int, point: Path, fstype: str = "ext4", source: str = "/dev/a", **more: object) -> Mount:
    return Mount(number, str(point), fstype, source, str(more.get("root", "/")), read_only=False)


def codes(diagnosis: Diagnosis) -> list[str]:
    return [finding.code for finding in diagnosis.findings]


def failing(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    monkeypatch.setattr(doctor, "try_file", lambda *_: number)


def test_healthy(pair: tuple[Path, Path]) -> None:
    source, target = pair
    found = examine(str(source), str(target))
    assert found.healthy
    assert found.works is True
    assert codes(found)[0] == "links_work"
    assert tree(target) == {}


def test_a_target_yet_to_be_made(pair: tuple[Path, Path]) -> None:
    source, target = pair
    assert examine(str(source), str(target / "new/one")).works is True
    assert tree(target) == {}


def test_nothing_to_try(tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "target").mkdir()
    found = examine(str(tmp_path / "source"), str(tmp_path / "target"))
    assert found.works is None
    assert "no_file_to_try" in codes(found)


@pytest.mark.parametrize("materializer", [COPY, Materializer.FORCE_COPY])
def test_copies_need_only_a_place(pair: tuple[Path, Path], materializer: Materializer) -> None:
    assert codes(examine(str(pair[0]), str(pair[1]), materializer))[0] == "works"


def test_roots(pair: tuple[Path, Path], tmp_path: Path) -> None:
    source, target = pair
    assert codes(examine(str(tmp_path / "none"), str(target))) == ["source_missing"]
    assert codes(examine(str(source), str(source / "inside"))) == ["target_in_source"]
    assert codes(examine(str(source), str(tmp_path))) == ["source_in_target"]
    assert codes(examine(str(source), str(source))) == ["same_folder"]
    assert codes(examine(str(next(source.rglob("*.mkv"))), str(target))) == ["source_not_a_directory"]


@pytest.mark.parametrize(
    ("one", "two", "code"),
    [
        (("ext4", "/dev/a"), ("xfs", "/dev/b"), "two_file_systems"),
        (("zfs", "tank/films"), ("zfs", "tank/mirror"), "zfs_datasets"),
        (("btrfs", "/dev/a"), ("btrfs", "/dev/a"), "btrfs_subvolumes"),
        (("ext4", "/dev/a"), ("ext4", "/dev/a"), "bind_mounts"),
        (("fuse.shfs", "shfs"), ("fuse.shfs", "shfs"), "unraid_disks"),
    ],
)
def test_borders(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, one: tuple[str, str], two: tuple[str, str], code: str
) -> None:
    source, target = pair
    failing(monkeypatch, errno.EXDEV)
    monkeypatch.setattr(doctor, "_CONTAINER", ())
    table = (mount(1, source, *one), mount(2, target, *two))
    found = examine(str(source), str(target), table=table)
    assert codes(found)[0] == code
    assert not found.healthy


def test_mounts_of_a_container(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    source, target = pair
    failing(monkeypatch, errno.EXDEV)
    (tmp_path / "marker").touch()
    monkeypatch.setattr(doctor, "_CONTAINER", (str(tmp_path / "marker"),))
    found = examine(str(source), str(target), table=(mount(1, source, root="/a"), mount(2, target, root="/b")))
    assert codes(found)[0] == "container_mounts"
    assert "/media:/media" in words_for(found.findings[0])[1]


def test_branches_of_a_union(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = pair
    failing(monkeypatch, errno.EXDEV)
    found = examine(str(source), str(target), table=(mount(1, source.parent, "fuse.mergerfs", "a:b"),))
    assert codes(found) == ["union_branches", "union"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.EDQUOT, "quota"),
        (errno.ENOSPC, "no_space"),
        (errno.EROFS, "target_read_only"),
        (errno.EMLINK, "too_many_links"),
        (errno.EACCES, "target_not_writable"),
        (errno.EPERM, "links_refused"),
        (errno.EOPNOTSUPP, "links_refused"),
        (errno.EIO, "links_refused"),
        (-1, "silent_copy"),
    ],
)
def test_answers_of_the_system(
    pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, number: int, code: str
) -> None:
    failing(monkeypatch, number)
    source, target = pair
    assert codes(examine(str(source), str(target), table=(mount(1, source.parent),)))[0] == code


@pytest.mark.parametrize(
    ("fstype", "code"),
    [("exfat", "no_hard_links"), ("vfat", "no_hard_links"), ("cifs", "network"), ("nfs4", "network"),
     ("fuse.shfs", "unraid_user_share"), ("fuse.mergerfs", "union")],
)  # fmt: skip
def test_kinds_of_file_system(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch, fstype: str, code: str) -> None:
    source, target = pair
    table = (mount(1, source.parent, fstype),)
    assert code in codes(examine(str(source), str(target), table=table)), "even while links work"
    failing(monkeypatch, errno.EPERM)
    if fstype == "exfat":
        assert codes(examine(str(source), str(target), table=table))[0] == "no_hard_links"


def test_files_of_somebody_else(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, errno.EPERM)
    monkeypatch.setattr(doctor, "_protected", lambda *_: True)
    assert codes(examine(str(pair[0]), str(pair[1])))[0] == "protected_hard_links"


def test_protected_links_are_for_files_of_others(pair: tuple[Path, Path]) -> None:
    source, _ = pair
    name = str(next(source.rglob("*.mp4")).relative_to(source))
    assert doctor._protected(str(source), name) is False, "these are our own"
    assert doctor._protected(str(source), "gone") is False


def test_without_clones(pair: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, errno.EOPNOTSUPP)
    assert codes(examine(str(pair[0]), str(pair[1]), Materializer.REFLINK))[0] == "reflink_unsupported"


def test_target_that_cannot_be_written(pair: tuple[Path, Path], as_user) -> None:
    source, target = pair
    target.chmod(0o555)
    found = as_user(lambda: codes(examine(str(source), str(target))))
    target.chmod(0o755)
    assert found == ["target_not_writable"]


def test_every_code_has_words() -> None:
    text = Path(doctor.__file__).read_text(encoding="utf-8")
    assert set(REMEDIES) >= {
        f"{side}_{code}" for side in ("source", "target") for code in ("not_a_directory", "unreadable")
    }
    for code, sentences in REMEDIES.items():
        fields = {name for sentence in sentences for _, name, _, _ in Formatter().parse(sentence) if name}
        assert fields <= {"source", "target", "path", "detail"}
        cause, cure = words_for(Finding(code, "error"))
        assert cause.endswith((".", ")."))
        assert cure or code in {"links_work", "works"}
        assert f'"{code}"' in text or code.startswith(("source_", "target_", "same_")), code


def test_in_the_shell(pair: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    source, target = map(str, pair)
    assert cli.main(["doctor", source, target]) == 0
    assert capsys.readouterr().out.startswith("INFO: Hard links work")
    assert cli.main(["doctor", str(tmp_path / "none"), target, "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["operation"], document["exit_code"]) == ("doctor", 1)
    assert document["findings"][0]["code"] == "source_missing"
    assert document["findings"][0]["cure"]


MOUNTINFO = r"""21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 21 0:26 / /mnt/my\040films rw - nfs4 nas:/films rw,vers=4.2
31 21 0:27 /mirror /mnt/my\040films/inner ro,noatime - btrfs /dev/sdb rw
nonsense
"""


def test_the_mount_table(tmp_path: Path) -> None:
    path = tmp_path / "mountinfo"
    path.write_text(MOUNTINFO)
    table = mounts(str(path))
    assert [one.number for one in table] == [21, 30, 31]
    films = mount_of("/mnt/my films/a/b", table)
    assert films is not None
    assert (films.fstype, films.source, films.point, films.read_only) == ("nfs4", "nas:/films", "/mnt/my films", False)
    inner = mount_of("/mnt/my films/inner", table)
    assert inner is not None
    assert (inner.number, inner.root, inner.read_only) == (31, "/mirror", True)
    assert mount_of("/mnt/my filmsX", table) == table[0]
    assert mounts(str(tmp_path / "none")) == ()
    assert mount_of("/", ()) is None


def test_this_machine_has_mounts() -> None:
    if Path("/proc/self/mountinfo").exists():
        assert mount_of("/", mounts()) is not None
    assert facts.identify("/no/such/folder", mounts()) is None
