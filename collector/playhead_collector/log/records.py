"""The bytes of a segment: its header, its records, and how damage in them is told apart.

    segment  = magic 8s | format u32 | first record number u64 | crc32 of these u32 | records
    record   = magic 4s | payload length u32 | number u64 | crc32 of payload u32 | crc32 of these u32
               | payload
    payload  = facts length u32 | facts (MessagePack array) | body as one zstd frame

Both checksums of a record matter: with its header whole, a damaged payload is stepped over exactly.
"""

import struct
import time
import zlib
from typing import Final

import msgspec
import zstandard
from msgspec import Struct

from playhead_collector.wire import Encoding, Signal

FORMAT: Final = 1

_SEGMENT_MAGIC: Final = b"PLAYHEAD"
_RECORD_MAGIC: Final = b"\xf1PHR"
_SEGMENT_HEAD: Final = struct.Struct("<8sIQ")
_RECORD_HEAD: Final = struct.Struct("<4sIQI")
_CRC: Final = struct.Struct("<I")
SEGMENT_HEADER_BYTES: Final = _SEGMENT_HEAD.size + _CRC.size
RECORD_HEADER_BYTES: Final = _RECORD_HEAD.size + _CRC.size
_ZSTD_LEVEL: Final = 3  # 10 microseconds for a span of 2.3 kB, which becomes 356 bytes; level 9: 33


class LogTooNew(Exception):
    """The log was written by a newer playhead; the message says what to do."""


class LogDamage(Exception):
    """A record's bytes are not what was written."""


class LogEntry(Struct, frozen=True, kw_only=True):
    """One accepted request: what is appended to the log."""

    signal: Signal
    encoding: Encoding
    received_ns: int
    body: bytes  # protobuf or JSON, as sent, after the sender's own compression was undone
    rejected: list[int] = []  # ordinals of spans that were not accepted, and never will be


class LogRecord(LogEntry, frozen=True, kw_only=True):
    """An entry that is in the log, under its number. Numbers rise; some may be missing."""

    number: int


class _Facts(Struct, frozen=True, array_like=True):
    signal: Signal
    encoding: Encoding
    received_ns: int
    rejected: list[int]


_facts_decoder: Final = msgspec.msgpack.Decoder(_Facts)


def encode_payload(entry: LogEntry) -> bytes:
    """Return the payload of a record."""
    facts = msgspec.msgpack.encode(
        _Facts(entry.signal, entry.encoding, entry.received_ns, entry.rejected)
    )
    body = zstandard.ZstdCompressor(level=_ZSTD_LEVEL).compress(entry.body)
    return _CRC.pack(len(facts)) + facts + body


def decode_payload(number: int, payload: bytes) -> LogRecord:
    """Return the record of a payload whose checksum was right. Raises `LogDamage`."""
    try:
        (length,) = _CRC.unpack_from(payload)
        facts = _facts_decoder.decode(payload[_CRC.size : _CRC.size + length])
        body = zstandard.ZstdDecompressor().decompress(payload[_CRC.size + length :])
    except (struct.error, msgspec.MsgspecError, zstandard.ZstdError) as problem:
        raise LogDamage(f"record {number} cannot be read: {problem}") from problem
    return LogRecord(
        number=number,
        signal=facts.signal,
        encoding=facts.encoding,
        received_ns=facts.received_ns,
        body=body,
        rejected=facts.rejected,
    )


def encode_segment_header(first_number: int) -> bytes:
    """Return the header of a segment whose records have this number or a higher one."""
    head = _SEGMENT_HEAD.pack(_SEGMENT_MAGIC, FORMAT, first_number)
    return head + _CRC.pack(zlib.crc32(head))


def read_segment_header(content: bytes) -> int | None:
    """Return the first record number; None where the header is cut or damaged.

    Raises:
        LogTooNew: the header is whole and of a later format.
    """
    if len(content) < SEGMENT_HEADER_BYTES:
        return None
    magic, written_format, first_number = _SEGMENT_HEAD.unpack_from(content)
    (crc,) = _CRC.unpack_from(content, _SEGMENT_HEAD.size)
    if magic != _SEGMENT_MAGIC or crc != zlib.crc32(content[: _SEGMENT_HEAD.size]):
        return None
    if written_format > FORMAT:
        raise LogTooNew(
            f"the log has format {written_format} and this playhead reads up to {FORMAT}: "
            "install the newer one again (pip install --upgrade 'playhead[server]')"
        )
    return first_number


class Place(Struct, frozen=True, gc=False):
    """Where a record lies in its segment; `length` and `crc` are those of its payload."""

    number: int
    offset: int
    length: int
    crc: int

    @property
    def end(self) -> int:
        """The offset behind the record."""
        return self.offset + RECORD_HEADER_BYTES + self.length

    def matches(self, payload: bytes | memoryview) -> bool:
        """Tell whether these are the payload's bytes, unharmed."""
        return len(payload) == self.length and zlib.crc32(payload) == self.crc

    def is_whole(self, content: bytes) -> bool:
        """Tell whether the segment's content has this record's payload unharmed."""
        return self.matches(memoryview(content)[self.offset + RECORD_HEADER_BYTES : self.end])

    def moved_to(self, offset: int) -> "Place":
        """Return the place of the same record at another offset."""
        return Place(self.number, offset, self.length, self.crc)


def place_record(number: int, offset: int, payload: bytes) -> Place:
    """Return the place of a record that is written at this offset."""
    return Place(number, offset, len(payload), zlib.crc32(payload))


def encode_record_header(place: Place) -> bytes:
    """Return the header that goes before a record's payload."""
    head = _RECORD_HEAD.pack(_RECORD_MAGIC, place.length, place.number, place.crc)
    return head + _CRC.pack(zlib.crc32(head))


class Scan(Struct, frozen=True):
    """What a segment's content holds: whole records, damaged ranges, and where a torn tail begins."""

    places: list[Place]
    damaged: list[tuple[int, int]]
    torn_at: int | None


def scan(content: bytes, *, first_number: int) -> Scan:
    """Walk a whole segment, checking everything.

    A tail is torn when it can be an append that a crash cut off: shorter than it says, or zeros.
    """
    places: list[Place] = []
    damaged: list[tuple[int, int]] = []
    at = SEGMENT_HEADER_BYTES
    number = first_number - 1
    while at < len(content):
        place = _place_at(content, at, after=number)
        if place is not None and place.is_whole(content):
            places.append(place)
            at, number = place.end, place.number
            continue
        following = _find_record(content, at + 1, after=number)
        if following is None and _is_torn(content, at, place):
            return Scan(places, damaged, at)
        end = len(content) if following is None else following.offset
        damaged.append((at, end))
        at = end
    return Scan(places, damaged, None)


def _place_at(content: bytes, at: int, *, after: int) -> Place | None:
    """Return the place that a header at this offset describes; None where there is no header."""
    if len(content) - at < RECORD_HEADER_BYTES:
        return None
    magic, length, number, payload_crc = _RECORD_HEAD.unpack_from(content, at)
    (crc,) = _CRC.unpack_from(content, at + _RECORD_HEAD.size)
    if magic != _RECORD_MAGIC or crc != zlib.crc32(content[at : at + _RECORD_HEAD.size]):
        return None
    # A body may hold bytes that look like a record; a number out of reach gives them away.
    if not after < number <= after + 1 + lost_records_max(len(content)):
        return None
    return Place(number, at, length, payload_crc)


def lost_records_max(damaged_bytes: int) -> int:
    """Return how many records could have been in so many bytes, at most."""
    return damaged_bytes // RECORD_HEADER_BYTES + 1


def _find_record(content: bytes, start: int, *, after: int) -> Place | None:
    at = content.find(_RECORD_MAGIC, start)
    while at != -1:
        place = _place_at(content, at, after=after)
        if place is not None and place.is_whole(content):
            return place
        at = content.find(_RECORD_MAGIC, at + 1)
    return None


def _is_torn(content: bytes, at: int, place: Place | None) -> bool:
    if place is not None:
        return place.end > len(content)
    rest = content[at:]
    return len(rest) < RECORD_HEADER_BYTES or not any(rest)


def bad_name(segment_name: str, offset: int) -> str:
    """Return the name under which damaged bytes are set aside."""
    return f"{segment_name}.bad-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime())}-{offset}"
