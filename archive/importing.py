"""Files of other crawlers taken into a folder of WARC files: every record kept byte for byte, found by its offset."""

import fcntl
import hashlib
import os
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Self

from isal import isal_zlib

from archive.block import Block
from archive.capture_records import new_record_id
from archive.digest import Bytes, matches, sha1_label
from archive.errors import ArchiveError, DamagedError, WriteError
from archive.gzip_writer import deflate_in_pieces
from archive.reading import GZIP_MAGIC, MAX_RECORD_HEAD, read_records
from archive.reading.unpacking import UnpackedFile, decompressed, unpack_files
from archive.record import Record, format_date, record_head
from archive.warc_file import sync_folder

#: What a file's name ends in while it is being imported.
IMPORTING_SUFFIX = ".importing"

#: How often a file may be packed over: some are gzipped once by their writer, once by who served them.
MAX_PACKINGS = 3

_PIECE = 1 << 20
_HEAD_END = re.compile(rb"\n\r*\n")
_ENDINGS = re.compile(r"(\.(warc|arc|wet|wat|gz|zst|open|bad))+$", re.IGNORECASE)

_OnDamage = Callable[[DamagedError], None]


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file of records.

    `source` is its name (``package.wacz!/archive/name`` within a package), `file` the name it has in the folder now,
    ``None`` when no record was in it; `records` how many it brought. `is_new` is false when the folder had it already.
    `damage` says what could not be read and was left out.
    """

    source: str
    file: str | None
    records: int
    is_new: bool
    damage: tuple[DamagedError, ...]


class _SharedMember(Exception):
    """A gzip member holds several records: none but the first could be found by its offset."""


def import_file(source: Path, folder: Path) -> Iterator[Imported]:
    """Copy the records of `source`, a WARC, ARC or WACZ file, into files of `folder`, and say what became of each.

    A copy is begun by a warcinfo record that says where it comes from, with the source's SHA-256, which its name has
    too: what is imported already is not imported again. A record that fills a gzip member is copied with it, any other
    is given a member of its own; of an ARC record the block is kept and its line becomes WARC fields. Raises
    ArchiveError when the source cannot be opened or is nothing of the kind, WriteError when the folder refuses.
    """
    for part in unpack_files(source):
        with part.file:
            yield _import_part(part, folder)


def _import_part(part: UnpackedFile, folder: Path) -> Imported:
    digest, size = _sha256(part.file)
    target = folder / f"import-{_stem(part.name)}-{digest[:16]}.warc.gz"
    damage = list(part.damage)
    if target.exists():
        return Imported(part.name, target.name, 0, False, tuple(damage))
    origin = f"imported from {part.name}, {size} bytes, sha256:{digest}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _Draft(target, origin, part.name) as draft, ExitStack() as opened:
            records = _fill(draft, part, damage, opened)
            if records:
                draft.keep()
    except OSError as error:
        hint = "free space, or let this user write there; nothing of it was imported"
        raise WriteError(f"cannot write: {error.strerror}", file=target, hint=hint) from error
    if not records and not damage:
        damage.append(DamagedError("no record is in it", file=part.name, hint="see that it is the file you mean"))
    return Imported(part.name, target.name if records else None, records, bool(records), tuple(damage))


def _fill(draft: "_Draft", part: UnpackedFile, damage: list[DamagedError], opened: ExitStack) -> int:
    """Write the records of `part`, unpacked first when they share members. How many."""
    file = part.file
    for _ in range(MAX_PACKINGS):
        try:
            return draft.fill(file, damage.append, suspect=part.is_suspect)
        except _SharedMember:
            damage[:] = part.damage
            file = opened.enter_context(decompressed(file, part.name, damage.append))
    damage.append(DamagedError(f"packed more than {MAX_PACKINGS} times over", file=part.name))
    return 0


class _Draft:
    """The file being made; gone when it is left without `keep`."""

    def __init__(self, target: Path, origin: str, source: str) -> None:
        self._target, self._origin, self._source = target, origin, source
        self._path = target.with_name(target.name + IMPORTING_SUFFIX)
        self._file = self._path.open("ab")

    def __enter__(self) -> Self:
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            self._file.close()
            raise ArchiveError("is being imported by another process", file=self._target, hint="wait for it") from error
        return self

    def __exit__(self, *_: object) -> None:
        self._path.unlink(missing_ok=True)
        self._file.close()

    def fill(self, file: BinaryIO, on_damage: _OnDamage, *, suspect: bool) -> int:
        """Write the warcinfo record and then every record of `file`; of a `suspect` one those whose block digest fits.
        How many there were."""
        self._file.truncate(0)
        warcinfo_id = new_record_id()
        self._write(_warcinfo(warcinfo_id, self._target.name, self._origin))
        count = 0
        if _is_packed_twice(os.pread(file.fileno(), 1 << 12, 0)):
            raise _SharedMember
        for record in read_records(file, on_damage=on_damage, name=self._source):
            if not record.at_member_start:
                raise _SharedMember
            try:
                if suspect and not matches(record.get("WARC-Block-Digest") or "", record.block.chunks()):
                    raise DamagedError("no block digest vouches for it", file=self._source, offset=record.offset)
                if record.version.startswith("ARC"):
                    self._write(_from_arc(record, self._origin, warcinfo_id))
                # Behind damage a file may go on otherwise than it began.
                elif os.pread(file.fileno(), 2, record.offset) == GZIP_MAGIC:
                    self._write(_copied(record, file))
                else:
                    self._write(deflate_in_pieces(_head_of(record, file), record.block))
                count += 1
            except DamagedError as error:
                on_damage(error)
            record.block.close()
        return count

    def _write(self, pieces: Iterable[Bytes]) -> None:
        for piece in pieces:
            self._file.write(piece)

    def keep(self) -> None:
        """Give the file its name, once it is on the disk."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._path.rename(self._target)
        sync_folder(self._target.parent)


def _is_packed_twice(data: bytes) -> bool:
    try:
        return data.startswith(GZIP_MAGIC) and isal_zlib.decompressobj(31).decompress(data, 2) == GZIP_MAGIC
    except isal_zlib.error:  # type: ignore[misc]
        return False


def _copied(record: Record, file: BinaryIO) -> Iterator[bytes]:
    """The gzip member of `record` as it is."""
    if not _is_member(_slice(file, record.offset, record.length)):
        raise _SharedMember
    yield from _slice(file, record.offset, record.length)


def _is_member(pieces: Iterable[bytes]) -> bool:
    """Are `pieces` one gzip member, whole, and nothing else? Nothing but records shows where a member ends."""
    inflate = isal_zlib.decompressobj(31)
    for piece in pieces:
        while piece:
            inflate.decompress(piece, _PIECE)
            if inflate.eof:
                break
            piece = inflate.unconsumed_tail
    return inflate.eof and not inflate.unused_data


def _head_of(record: Record, file: BinaryIO) -> bytes:
    """The bytes of the record's head with its blank line, as they stand in the uncompressed `file`."""
    data = os.pread(file.fileno(), min(record.length, 2 * MAX_RECORD_HEAD), record.offset)
    end = _HEAD_END.search(data)
    assert end, "the record was read from here"
    return data[: end.end()]


def _from_arc(record: Record, origin: str, warcinfo_id: str) -> Iterator[bytes]:
    """The WARC record that holds the block of an ARC record. Raises DamagedError for one that cannot be dated."""
    when = record.date
    if when is None:
        raise DamagedError("unreadable date", file=record.file, offset=record.offset)
    head = record.http_head
    is_http = record.type == "response" and head.status is not None
    record_id = uuid.uuid5(uuid.NAMESPACE_URL, f"{origin}#{record.offset}")
    fields = [
        ("WARC-Type", "response" if is_http else "resource"),
        ("WARC-Record-ID", f"<urn:uuid:{record_id}>"),
        ("WARC-Warcinfo-ID", f"<{warcinfo_id}>"),
        ("WARC-Target-URI", record.url),
        ("WARC-Date", format_date(when)),
        ("WARC-Block-Digest", sha1_label(record.block.chunks())),
        ("Content-Type", "application/http;msgtype=response" if is_http else record.get("Content-Type") or ""),
        ("Content-Length", str(len(record.block))),
    ]
    if is_http and not head.is_chunked:
        fields.insert(6, ("WARC-Payload-Digest", sha1_label(record.payload())))
    if address := record.get("WARC-IP-Address"):
        fields.insert(5, ("WARC-IP-Address", address))
    try:
        return deflate_in_pieces(record_head(fields), record.block)
    except ArchiveError as error:
        raise DamagedError(error.what, file=record.file, offset=record.offset) from error


def _warcinfo(record_id: str, file: str, origin: str) -> Iterator[bytes]:
    text = f"software: Broadsheet\r\nformat: WARC File Format 1.1\r\ndescription: {origin}\r\n"
    block = Block(text.encode())
    fields = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", f"<{record_id}>"),
        ("WARC-Date", format_date(datetime.now(UTC).replace(microsecond=0))),
        ("WARC-Filename", file),
        ("WARC-Block-Digest", sha1_label(block.chunks())),
        ("Content-Type", "application/warc-fields"),
        ("Content-Length", str(len(block))),
    ]
    return deflate_in_pieces(record_head(fields), block)


def _slice(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    end = start + length
    while start < end and (piece := os.pread(file.fileno(), min(_PIECE, end - start), start)):
        start += len(piece)
        yield piece


def _sha256(file: BinaryIO) -> tuple[str, int]:
    """The digest and the size of all there is in `file`, which stands at its start again afterwards."""
    digest, size = hashlib.sha256(), 0
    file.seek(0)
    while piece := file.read(_PIECE):
        digest.update(piece)
        size += len(piece)
    file.seek(0)
    return digest.hexdigest(), size


def _stem(name: str) -> str:
    """What a file's name says beside its format, fit for another file's name."""
    bare = _ENDINGS.sub("", name.rpartition("/")[2])
    return re.sub(r"[^A-Za-z0-9._-]+", "-", bare)[:80].strip("-.") or "file"
