# pyright: basic
"""Slow, greedy and hostile senders, and kills: others are served, and nothing acknowledged is lost."""

import contextlib
import http.client
import random
import signal
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from tests.collector.receive.messages import to_json
from tests.collector.served import JSON, Served, ask, process, request, served, span

from playhead_collector import wire
from playhead_collector.log import SegmentLog
from playhead_collector.receive import limits, protocol

PAYLOAD = request(span())


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Served]:
    with served(tmp_path / "data") as running:
        yield running


def connect(server: Served) -> socket.socket:
    return socket.create_connection(("127.0.0.1", server.port), timeout=30)


def is_quick(server: Served) -> bool:
    started = time.monotonic()
    assert server.post(PAYLOAD).status == 200
    return time.monotonic() - started < 2.0


def read_all(connection: socket.socket) -> bytes:
    parts: list[bytes] = []
    with contextlib.suppress(ConnectionResetError):
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def test_300_idle_connections_do_not_block_others(server: Served) -> None:
    with contextlib.ExitStack() as stack:
        for number in range(300):
            connection = stack.enter_context(connect(server))
            if number % 2:
                connection.sendall(b"POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\nx-slow: ")
        assert is_quick(server)


def test_headers_that_do_not_end_are_refused_in_time(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "REQUEST_S_MAX", 0.5)
    with connect(server) as slow, connect(server) as silent:
        slow.sendall(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n")
        started = time.monotonic()
        assert read_all(slow).startswith(b"HTTP/1.1 408 ")
        assert read_all(silent) == b""  # closed without a word
        assert time.monotonic() - started < 5


def test_a_drip_of_headers_does_not_reset_the_clock(
    server: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protocol, "REQUEST_S_MAX", 0.6)
    with connect(server) as drip:
        drip.sendall(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\n")
        started = time.monotonic()
        with contextlib.suppress(OSError):
            while time.monotonic() - started < 5:
                drip.sendall(b"x-a: b\r\n")
                time.sleep(0.1)
        assert time.monotonic() - started < 4


def test_a_body_that_does_not_end_is_408_with_a_status(server: Served) -> None:
    server.server.receiver.request_s_max = 0.5
    with connect(server) as slow:
        slow.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            b'content-length: 1000\r\n\r\n{"resource'
        )
        answer = slow.recv(65536)
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code": 4' in answer
    assert is_quick(server)


def test_a_slow_body_elsewhere_is_cut_off(server: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "CLOSE_AFTER_S", 0.5)
    with connect(server) as slow:
        slow.sendall(
            b"POST /anything HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            b"content-length: 1000\r\n\r\n{"
        )
        started = time.monotonic()
        read_all(slow)
        assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    "piece", [b"x-a: " + b"b" * 1000 + b"\r\n", b"b" * 1000], ids=["many", "one without end"]
)
def test_headers_beyond_64_kib_are_refused_without_memory(server: Served, piece: bytes) -> None:
    before = psutil.Process().memory_info().rss
    sent = 0
    with connect(server) as greedy:
        greedy.sendall(b"GET / HTTP/1.1\r\nhost: 127.0.0.1\r\nx-long: ")
        with contextlib.suppress(OSError):
            while sent < 50 * limits.MIB:
                sent += greedy.send(piece * 64)
        answer = read_all(greedy) if sent < 50 * limits.MIB else b""
    assert sent < 20 * limits.MIB
    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")
    assert psutil.Process().memory_info().rss - before < 50 * limits.MIB
    assert is_quick(server)


def test_headers_just_too_large_get_431(server: Served) -> None:
    answer = server.ask("GET", "/", headers={"x-long": "b" * limits.HEADER_BYTES_MAX})
    assert answer.status == 431
    answer = server.ask("GET", "/api/nope", headers={"x-long": "b" * 60_000})
    assert answer.status == 404


def test_trailers_are_counted_like_headers(server: Served) -> None:
    with connect(server) as greedy:
        greedy.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            b"transfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n"
        )
        sent = 0
        with contextlib.suppress(OSError):
            while sent < 20 * limits.MIB:
                sent += greedy.send((b"x-a: " + b"b" * 1000 + b"\r\n") * 64)
    assert sent < 20 * limits.MIB
    assert is_quick(server)


def test_requests_on_one_connection_are_each_answered(server: Served) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    for _ in range(3):
        connection.request("POST", "/v1/traces", to_json(PAYLOAD), JSON)
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"{}")
    connection.close()


def test_senders_that_go_away_leave_nothing_behind(server: Served) -> None:
    for _ in range(20):
        with connect(server) as gone:
            gone.sendall(
                b"POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
                b'content-length: 1000000\r\n\r\n{"resource' + b" " * 50_000
            )
    assert is_quick(server)
    receiver = server.server.receiver
    deadline = time.monotonic() + 10
    while receiver._reading_bytes and time.monotonic() < deadline:
        time.sleep(0.02)
    assert receiver._reading_bytes == 0


def stored_names(data: Path) -> set[str]:
    log = SegmentLog(data / "log")
    try:
        return {
            read.name
            for record in log.follow(1)
            for read in wire.decode_traces(record.encoding, record.body).spans
        }
    finally:
        log.close()


def test_kill_9_under_eight_writers_loses_nothing_acknowledged(tmp_path: Path) -> None:
    data = tmp_path / "data"
    acknowledged: set[str] = set()
    seed = random.randrange(10**6)
    print("seed", seed)
    choice = random.Random(seed)

    def write(port: int, worker: str) -> None:
        for number in range(10_000):
            name = f"{worker}-{number}"
            try:
                answer = ask(port, "POST", "/v1/traces", to_json(request(span(name=name))), JSON)
            except (OSError, http.client.HTTPException):
                return
            if answer.status == 200:
                acknowledged.add(name)

    for round_number in range(3):
        with process(data) as (running, port):
            writers = [
                threading.Thread(target=write, args=(port, f"{round_number}-{n}")) for n in range(8)
            ]
            for writer in writers:
                writer.start()
            time.sleep(choice.uniform(0.3, 0.9))
            running.send_signal(signal.SIGKILL)
            for writer in writers:
                writer.join()
    assert len(acknowledged) > 50
    assert acknowledged - stored_names(data) == set()


def test_sigterm_finishes_what_is_under_way_and_exits_0_even_with_stuck_senders(
    tmp_path: Path,
) -> None:
    with (
        process(tmp_path / "data") as (running, port),
        socket.create_connection(("127.0.0.1", port)) as stuck,
    ):
        stuck.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            b"content-length: 10\r\n\r\n{"
        )
        assert ask(port, "POST", "/v1/traces", to_json(PAYLOAD), JSON).status == 200
        started = time.monotonic()
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=30) == 0
        assert time.monotonic() - started < 10
    assert stored_names(tmp_path / "data") == {"x"}
