# pyright: basic
"""Seeded mutations of valid requests: the answer is 200, 400 or 413, and the server lives on."""

import gzip
import http.client
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.collector.receive.messages import to_json, to_protobuf
from tests.collector.served import JSON, PROTOBUF, TIMEOUT_S, Served, request, served, span

CASES = 200
SEED = 20261122
PIECES = [
    b"\x00", b"\xff", b"{", b"}", b"[", b"]", b'"', b",", b":", b"null", b"1e999", b"-0", b"\\ud800",
    b"NaN", b'"key"', b"\x80\x80\x80", b"\x0a\xff\xff\xff\xff\x0f", b"[[[[[[", b"\xed\xa0\x80", b"",
]  # fmt: skip


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("fuzz") / "data") as running:
        yield running


def sample() -> dict[str, object]:
    value = {
        "kvlistValue": {
            "values": [{"key": "k", "value": {"arrayValue": {"values": [{"intValue": "1"}]}}}]
        }
    }
    attributes = [{"key": "a", "value": value}, {"key": "b", "value": {"bytesValue": "AAEC"}}]
    event = {"timeUnixNano": "5", "name": "e", "attributes": attributes}
    link = {"traceId": "ab" * 16, "spanId": "cd" * 8, "attributes": attributes}
    return request(span(attributes=attributes, events=[event], links=[link]), span(spanId="12" * 8))


def mutate(body: bytes, choice: random.Random) -> bytes:
    mutated = bytearray(body)
    for _ in range(choice.randint(1, 4)):
        at = choice.randrange(len(mutated) + 1)
        match choice.randrange(5):
            case 0 if at < len(mutated):
                mutated[at] ^= 1 << choice.randrange(8)
            case 1:
                mutated[at:at] = choice.choice(PIECES)
            case 2:
                del mutated[at : at + choice.randint(1, 20)]
            case 3:
                other = choice.randrange(len(mutated) + 1)
                mutated[at:at] = mutated[other : other + choice.randint(1, 60)]
            case _:
                del mutated[at:]
        if not mutated:
            break
    return bytes(mutated)


@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_mutated_requests_are_accepted_or_refused_in_words(server: Served, encoding: str) -> None:
    choice = random.Random(f"{SEED}{encoding}")
    body = to_json(sample()) if encoding == "json" else to_protobuf(sample())
    types = JSON if encoding == "json" else PROTOBUF
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=TIMEOUT_S)
    seen: dict[int, int] = {}
    for number in range(CASES):
        mutated = mutate(body, choice)
        headers = dict(types)
        if number % 4 == 0:
            mutated, headers["content-encoding"] = gzip.compress(mutated, 1), "gzip"
        connection.request("POST", f"/v1/{choice.choice(['traces', 'logs'])}", mutated, headers)
        response = connection.getresponse()
        answer = response.read()
        seen[response.status] = seen.get(response.status, 0) + 1
        assert response.status in (200, 400, 413), (SEED, number, mutated)
        assert response.headers["content-type"] == types["content-type"]
        assert response.status == 200 or answer
    connection.close()
    assert set(seen) == {200, 400}
    assert server.post(sample()).json() == {}


def test_every_stored_request_can_be_read_back(server: Served) -> None:
    from playhead_collector import wire

    for record in server.server.log.follow(1):
        read = (wire.decode_traces if record.signal == "traces" else wire.decode_logs)(
            record.encoding, record.body
        )
        assert [part.ordinal for part in read.rejected] == record.rejected


def test_paths_that_are_odd_are_answered(server: Served, tmp_path: Path) -> None:
    for path in (
        "/%00",
        "/../../etc/passwd",
        "/v1/%2e%2e",
        "//",
        "/v1//traces",
        "/%ff%fe/v1/traces",
    ):
        assert server.ask("GET", path).status in (400, 404, 405)
