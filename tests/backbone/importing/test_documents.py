"""Documents: found in files, folders and archives, read as streams, and never cut short silently."""

import io
import lzma
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from backbone.importing.documents import Turn, Unreadable, documents, sources

FILES = {"fhir/b.json": b"{}", "fhir/deep/a.ndjson": b"{}\n{}\n", "note.txt": b"x", "fhir/._b.json": b"junk"}
SEEN = [("fhir/b.json", b"{}"), ("fhir/deep/a.ndjson", b"{}\n{}\n"), ("note.txt", b"x")]


def tar(path: Path, files: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def tar_zst(path: Path, files: dict[str, bytes]) -> Path:
    plain = tar(path.with_suffix(".plain"), files)
    path.write_bytes(zstandard.compress(plain.read_bytes()))
    plain.unlink()
    return path


def zipped(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("fhir")
        for name, content in files.items():
            archive.writestr(name, content)
    return path


ARCHIVES: dict[str, Callable[[Path, dict[str, bytes]], Path]] = {
    "a.tar": tar,
    "a.tar.xz": lambda path, files: tar(path, files, "w:xz"),
    "a.tar.gz": lambda path, files: tar(path, files, "w:gz"),
    "a.tgz": lambda path, files: tar(path, files, "w:gz"),
    "a.tar.zst": tar_zst,
    "a.zip": zipped,
}


def read(path: Path) -> list[tuple[str, bytes]]:
    found = []
    for document in documents(path):
        with document.open() as stream:
            content = stream.read()
        assert document.size == len(content)
        found.append((document.name, content))
    return found


@pytest.mark.parametrize("name", ARCHIVES)
def test_members_of_an_archive_come_with_their_bytes(tmp_path: Path, name: str) -> None:
    archive = ARCHIVES[name](tmp_path / name, FILES)
    assert read(archive) == [(f"{archive}!{member}", content) for member, content in SEEN]


def test_a_member_need_not_be_read(tmp_path: Path) -> None:
    archive = tar(tmp_path / "a.tar.xz", FILES, "w:xz")
    assert [str(document.path) for document in documents(archive)] == [name for name, _ in SEEN]


def test_folders_are_searched_and_every_file_comes_once(tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    expected = [tmp_path / name for name in ("fhir/b.json", "fhir/deep/a.ndjson", "note.txt")]
    assert sources([tmp_path, tmp_path / "fhir"]) == expected
    assert read(tmp_path / "fhir/b.json") == [(str(tmp_path / "fhir/b.json"), b"{}")]


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"gone\.json: there is no such file"):
        sources([tmp_path / "gone.json"])


@pytest.mark.parametrize(
    ("name", "turn"),
    [
        ("fhir/hospitalInformation1767225600000.json", Turn.HOSPITALS),
        ("Organization.ndjson", Turn.HOSPITALS),
        ("Location.000.ndjson", Turn.HOSPITALS),
        ("practitionerInformation1767225600000.json", Turn.PRACTITIONERS),
        ("Practitioner.ndjson", Turn.PRACTITIONERS),
        ("PractitionerRole.ndjson", Turn.PRACTITIONERS),
        ("OrganizationAffiliation.ndjson", Turn.OTHERS),
        ("Organization.json", Turn.OTHERS),
        ("Abram53_Kozey370.json", Turn.OTHERS),
    ],
)
def test_hospitals_and_practitioners_have_their_turn_before_others(
    tmp_path: Path, name: str, turn: Turn
) -> None:
    (document,) = documents(tar(tmp_path / "a.tar", {name: b"{}"}))
    assert document.turn == turn


def long_archive(directory: Path) -> bytes:
    """200 members that do not compress to nothing."""
    lines = {f"{n}.json": lzma.compress(bytes([n])) * 20 for n in range(200)}
    return tar(directory / "long.tar", lines).read_bytes()


def cut_xz(plain: bytes) -> bytes:
    return lzma.compress(plain)[:-100]


def cut_zst(plain: bytes) -> bytes:
    whole = zstandard.ZstdCompressor(level=1).compress(plain)
    return whole[: len(whole) // 2]


def cut_between_members(plain: bytes) -> bytes:
    return zstandard.compress(plain[: 1024 + 512 * 2 * 50])


def damaged_header(plain: bytes) -> bytes:
    at = plain.index(b"150.json")
    return lzma.compress(plain[:at] + b"#" + plain[at + 1 :])


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("a.tar.xz", cut_xz),
        ("a.tar.zst", cut_zst),
        ("a.tar.zst", cut_between_members),
        ("a.tar.xz", damaged_header),
        ("a.tar.gz", lambda _plain: b"no gzip"),
        ("a.tar.xz", lambda _plain: b""),
        ("a.zip", lambda _plain: b"PK\x03\x04 no zip"),
    ],
)
def test_a_damaged_archive_is_never_taken_for_a_short_one(
    tmp_path: Path, name: str, damage: Callable[[bytes], bytes]
) -> None:
    (tmp_path / name).write_bytes(damage(long_archive(tmp_path)))
    with pytest.raises(Unreadable, match=name):
        list(documents(tmp_path / name))


def test_an_archive_is_never_in_memory_whole(tmp_path: Path) -> None:
    bundle = b'{"resourceType":"Bundle"}' + b" " * 2**20
    archive = tar_zst(tmp_path / "a.tar.zst", {f"{n}.json": bundle for n in range(64)})
    tracemalloc.start()
    try:
        lengths = [len(document.open().read()) for document in documents(archive)]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert lengths == [len(bundle)] * 64
    assert peak < 8 * len(bundle)
