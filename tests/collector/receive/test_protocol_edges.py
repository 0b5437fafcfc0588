# pyright: basic
"""Every edge of `golden/protocol/edges.json`, over HTTP, and its neighbours."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.collector.receive.messages import to_protobuf
from tests.collector.served import PROTOBUF, Answer, Served, request, served, span

from playhead_collector import wire

EDGES = {
    edge["case"]: edge
    for edge in json.loads(
        (Path(__file__).parents[2] / "golden" / "protocol" / "edges.json").read_text()
    )
}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("edges") / "data") as running:
        yield running


def send(server: Served, case: str) -> Answer:
    edge = EDGES[case]
    body = edge["payload"]
    content = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    headers = {"content-type": edge["content_type"]}
    return server.ask("POST", "/v1/traces", body=content, headers=headers)


def newest(server: Served) -> list[wire.Span]:
    record = server.server.log.read(server.server.log.tail)
    return wire.decode_traces(record.encoding, record.body).spans


def rejected(answer: Answer) -> int:
    partial = answer.json().get("partialSuccess", {})
    return int(partial.get("rejectedSpans", 0))


def test_all_cases_are_known() -> None:
    assert sorted(EDGES) == sorted(
        ["enum as string", "snake_case key", "zero trace id", "one good one bad", "empty request",
         "end = 0 (open span)", "same ids, later end / more attributes", "duplicate attribute key",
         "dropped counts / flags / tracestate", "malformed JSON", "unsupported content type",
         "store busy"]
    )  # fmt: skip


def test_an_enum_as_string_is_accepted_mapped_and_counted(server: Served) -> None:
    before = server.server.receiver.counts.enum_names
    answer = send(server, "enum as string")
    assert (answer.status, answer.json()) == (200, {})
    assert newest(server)[0].kind == 2
    assert server.server.receiver.counts.enum_names == before + 1


@pytest.mark.parametrize("case", ["snake_case key", "zero trace id"])
def test_a_span_that_is_not_valid_is_rejected_truthfully(server: Served, case: str) -> None:
    answer = send(server, case)
    assert (answer.status, rejected(answer)) == (200, 1)
    assert answer.json()["partialSuccess"]["errorMessage"].startswith("1 of 1 spans rejected")


def test_of_one_good_and_one_bad_the_good_one_is_kept(server: Served) -> None:
    answer = send(server, "one good one bad")
    assert (answer.status, rejected(answer)) == (200, 1)
    assert [s.name for s in newest(server)] == ["ok"]
    assert server.server.log.read(server.server.log.tail).rejected == [1]


def test_an_empty_request_succeeds_and_stores_nothing(server: Served) -> None:
    tail = server.server.log.tail
    answer = send(server, "empty request")
    assert (answer.status, answer.body, server.server.log.tail) == (200, b"{}", tail)
    answer = server.ask("POST", "/v1/traces", body=b"", headers=PROTOBUF)
    assert (answer.status, answer.body) == (200, b"")


def test_an_open_span_is_accepted(server: Served) -> None:
    assert send(server, "end = 0 (open span)").json() == {}
    assert newest(server)[0].end_ns == 0


def test_the_same_span_again_with_a_later_end_is_accepted(server: Served) -> None:
    payload = EDGES["same ids, later end / more attributes"]["payload"]
    ends: list[int] = []
    for part in ("first", "then"):
        assert server.post(payload[part]).json() == {}
        ends.append(newest(server)[0].end_ns)
    assert ends[1] - ends[0] == 400_000_000


def test_the_last_of_duplicate_keys_wins(server: Served) -> None:
    assert send(server, "duplicate attribute key").json() == {}
    assert newest(server)[0].attributes == {"a": 2}


def test_dropped_counts_flags_and_trace_state_are_kept(server: Served) -> None:
    assert send(server, "dropped counts / flags / tracestate").json() == {}
    [read] = newest(server)
    assert (read.flags, read.trace_state) == (768, "a=1")
    assert (read.dropped_attributes, read.dropped_events, read.dropped_links) == (3, 1, 2)


def test_malformed_json_is_400_with_a_status_body(server: Served) -> None:
    answer = send(server, "malformed JSON")
    assert (answer.status, answer.headers["content-type"]) == (400, "application/json")
    assert answer.json()["code"] == 3 and answer.json()["message"]
    assert "retry-after" not in answer.headers


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/xml", "application/grpc"])
def test_an_unsupported_content_type_is_415(server: Served, content_type: str) -> None:
    headers = {"content-type": content_type}
    answer = server.ask("POST", "/v1/traces", body=b"x", headers=headers)
    assert (answer.status, answer.json()["code"]) == (415, 3)


def test_a_full_disk_is_503_with_retry_after_one(server: Served) -> None:
    receiver = server.server.receiver
    receiver.free_bytes_min, usual = 2**62, receiver.free_bytes_min
    try:
        answer = server.post(request(span()))
        assert (answer.status, answer.headers["retry-after"], answer.json()["code"]) == (
            503,
            "1",
            14,
        )
        answer = server.ask(
            "POST", "/v1/traces", body=to_protobuf(request(span())), headers=PROTOBUF
        )
        assert (answer.status, answer.headers["content-type"]) == (503, PROTOBUF["content-type"])
        assert answer.body.startswith(b"\x08\x0e\x12")
    finally:
        receiver.free_bytes_min = usual
    assert server.post(request(span())).status == 200
