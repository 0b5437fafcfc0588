# pyright: basic
"""OTLP over HTTP: encodings, compression, prefixes, bounds, and answers in the sender's encoding."""

import gzip
import http.client
import json
import os
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import psutil
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from tests.collector.receive.messages import to_json, to_protobuf
from tests.collector.served import JSON, PROTOBUF, Served, request, served, span

from playhead_collector import wire
from playhead_collector.receive import limits

PAYLOAD = request(span(), span(spanId="ab" * 8))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("http") / "data") as running:
        yield running


def raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(body) + packer.flush()


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "plain": ("identity", bytes),
    "gzip": ("gzip", gzip.compress),
    "gzip in two members": ("GZIP", lambda b: gzip.compress(b[:9]) + gzip.compress(b[9:])),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
}


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("encoding", ["json", "protobuf"])
def test_a_request_is_stored_the_same_however_it_is_packed(
    server: Served, encoding: wire.Encoding, coding: str
) -> None:
    body = to_json(PAYLOAD) if encoding == "json" else to_protobuf(PAYLOAD)
    name, pack = CODINGS[coding]
    types = JSON if encoding == "json" else PROTOBUF
    answer = server.ask(
        "POST", "/v1/traces", body=pack(body), headers={**types, "content-encoding": name}
    )
    assert (answer.status, answer.headers["content-type"]) == (200, types["content-type"])
    record = server.server.log.read(server.server.log.tail)
    assert (record.signal, record.encoding, record.body) == ("traces", encoding, body)


def test_a_chunked_request_is_accepted(server: Served) -> None:
    body = to_json(PAYLOAD)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    parts = (body[at : at + 100] for at in range(0, len(body), 100))
    connection.request("POST", "/v1/traces", parts, JSON, encode_chunked=True)
    assert connection.getresponse().status == 200
    connection.close()
    assert server.server.log.read(server.server.log.tail).body == body


@pytest.mark.parametrize(
    "path",
    ["/v1/traces", "/api/public/otel/v1/traces", "/some/prefix/v1/traces", "/api/v1/traces"],
)
def test_any_path_prefix_is_accepted(server: Served, path: str) -> None:
    answer = server.ask("POST", path, body=to_json(PAYLOAD), headers=JSON)
    assert (answer.status, answer.json()) == (200, {})


def test_a_content_type_may_have_parameters(server: Served) -> None:
    headers = {"content-type": "Application/JSON; charset=utf-8"}
    assert server.ask("POST", "/v1/traces", body=to_json(PAYLOAD), headers=headers).status == 200


def test_partial_success_comes_in_protobuf_too(server: Served) -> None:
    good, bad = to_protobuf(request(span())), to_protobuf(request(span(traceId="00" * 16)))
    answer = server.ask("POST", "/v1/traces", body=good + bad, headers=PROTOBUF)
    said = ExportTraceServiceResponse.FromString(answer.body).partial_success
    assert (answer.status, said.rejected_spans) == (200, 1)
    assert said.error_message == "1 of 2 spans rejected, the first: trace id is all zeros"


def test_a_bad_log_record_is_counted_and_its_sibling_kept(server: Served) -> None:
    records = [{"body": {"stringValue": "kept"}}, {"traceId": "xyz"}]
    payload = {"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}
    answer = server.post(payload, signal="logs")
    assert answer.json()["partialSuccess"]["rejectedLogRecords"] == "1"
    body = to_protobuf({"resourceLogs": [{"scopeLogs": [{"logRecords": records[:1]}]}]}, "logs")
    answer = server.ask("POST", "/v1/logs", body=body, headers=PROTOBUF)
    assert not ExportLogsServiceResponse.FromString(answer.body).HasField("partial_success")


def test_metrics_are_answered_200_and_kept(server: Served) -> None:
    metric = {"name": "gen_ai.client.token.usage", "sum": {"dataPoints": [{"asInt": "5"}]}}
    payload = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}
    assert server.post(payload, signal="metrics").json() == {}
    record = server.server.log.read(server.server.log.tail)
    assert (record.signal, record.body) == ("metrics", to_json(payload))
    body = to_protobuf(payload, "metrics")
    answer = server.ask("POST", "/v1/metrics", body=body, headers=PROTOBUF)
    assert answer.status == 200
    assert not ExportMetricsServiceResponse.FromString(answer.body).HasField("partial_success")


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (b"", {"content-encoding": "gzip", "content-length": "0"}),
        (gzip.compress(b"{}")[:-6], {"content-encoding": "gzip"}),
        (b"not gzip", {"content-encoding": "gzip"}),
        (gzip.compress(b"{}") + b"garbage", {"content-encoding": "gzip"}),
        (b"not deflate", {"content-encoding": "deflate"}),
        (b"{", {}),
        (b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":5}]}]}]}', {}),
    ],
)
def test_what_cannot_be_read_is_400(server: Served, body: bytes, headers: dict[str, str]) -> None:
    answer = server.ask("POST", "/v1/traces", body=body, headers={**JSON, **headers})
    expected = 200 if not body else 400  # nothing, packed, is nothing
    assert (answer.status, answer.headers["content-type"]) == (expected, "application/json")


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, gzip", "compress"])
def test_an_unknown_content_encoding_is_415(server: Served, coding: str) -> None:
    headers = {**PROTOBUF, "content-encoding": coding}
    answer = server.ask("POST", "/v1/traces", body=b"x", headers=headers)
    assert (answer.status, answer.headers["content-type"]) == (415, PROTOBUF["content-type"])


def test_a_body_that_is_announced_too_large_is_413_before_it_is_sent(server: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("POST", "/v1/traces")
    connection.putheader("content-type", "application/json")
    connection.putheader("content-length", str(limits.BODY_BYTES_MAX + 1))
    connection.endheaders()
    response = connection.getresponse()
    assert (response.status, json.loads(response.read())["code"]) == (413, 8)
    connection.close()


def bomb(size_bytes: int) -> bytes:
    packer = zlib.compressobj(9, wbits=31)
    zeros = bytes(2**20)
    parts = [packer.compress(zeros) for _ in range(size_bytes // len(zeros))]
    return b"".join([*parts, packer.flush()])


def test_a_gzip_bomb_is_413_and_costs_no_memory(server: Served) -> None:
    body = bomb(256 * limits.MIB)
    before = psutil.Process().memory_info().rss
    headers = {**PROTOBUF, "content-encoding": "gzip"}
    answer = server.ask("POST", "/v1/traces", body=body, headers=headers)
    grown = psutil.Process().memory_info().rss - before
    assert answer.status == 413
    assert grown < 200 * limits.MIB


def test_others_are_served_while_a_bomb_is_parsed(server: Served) -> None:
    spans = b",".join([json.dumps(span()).encode()] * 100_001)
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + spans + b"]}]}]}"
    packed = gzip.compress(body, 1)
    headers = {**JSON, "content-encoding": "gzip"}
    with ThreadPoolExecutor(2) as pool:
        bombs = [
            pool.submit(server.ask, "POST", "/v1/traces", body=packed, headers=headers)
            for _ in range(2)
        ]
        slowest = 0.0
        while not all(bomb.done() for bomb in bombs):
            started = time.monotonic()
            assert server.post(PAYLOAD).status == 200
            slowest = max(slowest, time.monotonic() - started)
        assert [bomb.result().status for bomb in bombs] == [413, 413]
    assert slowest < 2.0


def test_a_disk_that_fails_is_503_until_restart(tmp_path: Path) -> None:
    """Reaches for the log's file descriptor: no public door makes a disk fail."""
    with served(tmp_path / "data") as server:
        assert server.post(PAYLOAD).status == 200
        file: Any = server.server.log._file
        read_only = os.open(next((tmp_path / "data" / "log").iterdir()), os.O_RDONLY)
        kept, file._descriptor = file._descriptor, read_only
        try:
            answer = server.post(PAYLOAD)
            assert (answer.status, answer.headers["retry-after"]) == (503, "1")
        finally:
            file._descriptor = kept
            os.close(read_only)


def test_many_senders_at_once_are_all_stored(server: Served) -> None:
    before = server.server.log.tail
    answers: list[int] = []

    def send() -> None:
        for _ in range(10):
            answers.append(server.post(PAYLOAD).status)

    threads = [threading.Thread(target=send) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [200] * 80
    assert server.server.log.tail == before + 80
