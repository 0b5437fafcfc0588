# pyright: basic, reportArgumentType=false, reportAttributeAccessIssue=false, reportIndexIssue=false
# pyright: reportTypedDictNotRequiredAccess=false
"""HTTP attempts: what is seen of a request and its answer, and that the caller sees no difference."""

import asyncio
import gzip
import json

import httpx
import httpx2
import pytest
from inline_snapshot import snapshot
from tests.adapters.telling import one, tell

import playhead
from playhead.steps import HttpAttempt
from playhead.testing import Recording

ADDRESS = "http://provider.test/v1/chat/completions"
ASKED = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
PIECES = [b"data: one\n\n", b"data: two\n\n", b"data: [DONE]\n\n"]

both = pytest.mark.parametrize("package", [httpx, httpx2], ids=["httpx", "httpx2"])


def client(package, answer, **options):
    return package.Client(transport=package.MockTransport(answer), **options)


def async_client(package, answer):
    return package.AsyncClient(transport=package.MockTransport(answer))


def streamed(package, pieces=PIECES, error=None, **options):
    """Return an answer that comes in pieces, and may break after the last of them."""

    class Sync(package.SyncByteStream):
        def __iter__(self):
            yield from pieces
            if error is not None:
                raise error

    class Async(package.AsyncByteStream):
        async def __aiter__(self):
            for piece in pieces:
                yield piece
            if error is not None:
                raise error

    def sync_answer(request):
        return package.Response(200, stream=Sync(), **options)

    async def async_answer(request):
        return package.Response(200, stream=Async(), **options)

    return sync_answer, async_answer


@both
def test_an_attempt_holds_request_and_answer(recording: Recording, package):
    def answer(request):
        headers = {"x-request-id": "req_1", "set-cookie": "session=hidden", "retry-after": "2"}
        return package.Response(503, headers=headers, json={"error": "ill"})

    with playhead.step("mine"), client(package, answer) as http:
        response = http.post(ADDRESS, json=ASKED, headers={"authorization": "Bearer hidden"})
    assert (response.status_code, response.json()) == (503, {"error": "ill"})
    attempt = one(recording, "http_attempt")
    step = attempt.step
    assert step == HttpAttempt(
        name="POST /v1/chat/completions",
        method="POST",
        url=ADDRESS,
        server_address="provider.test",
        server_port=80,
        status=503,
        resend_count=0,
        retry_after_ms=2000,
        request_id="req_1",
        request_hash=step.request_hash,
        request={"method": "POST", "url": ADDRESS, "body": ASKED},
        response_headers={
            "x-request-id": "req_1",
            "set-cookie": "[masked:named]",
            "retry-after": "2",
            "content-length": str(len(response.content)),
            "content-type": "application/json",
        },
        response_body=response.content,
        response_chunks=((step.response_chunks[0][0], len(response.content)),),
    )
    assert attempt.error_type == "503"
    assert "hidden" not in json.dumps(attempt.attributes, default=repr)


@both
def test_a_streamed_body_keeps_its_chunks(recording: Recording, package):
    sync_answer, async_answer = streamed(package)
    with (
        playhead.step("sync"),
        client(package, sync_answer) as http,
        http.stream("POST", ADDRESS, json=ASKED) as response,
    ):
        assert list(response.iter_raw()) == PIECES

    async def main():
        async with (
            async_client(package, async_answer) as http,
            http.stream("POST", ADDRESS, json=ASKED) as response,
        ):
            return [piece async for piece in response.aiter_raw()]

    with playhead.step("async"):
        assert asyncio.run(main()) == PIECES
    for recorded in recording.all():
        if isinstance(recorded.step, HttpAttempt):
            assert recorded.step.response_body == b"".join(PIECES)
            assert [size for _, size in recorded.step.response_chunks] == [len(p) for p in PIECES]
    assert tell(recording) == snapshot("""\
node sync
  http_attempt 200
node async
  http_attempt 200\
""")


@both
def test_a_stream_closed_early_says_so_and_is_no_failure(recording: Recording, package):
    sync_answer, async_answer = streamed(package)
    with playhead.step("sync"), client(package, sync_answer) as http:
        with http.stream("POST", ADDRESS, json=ASKED) as response:
            next(response.iter_raw())
        assert response.is_closed

    async def main():
        async with async_client(package, async_answer) as http:
            async with http.stream("POST", ADDRESS, json=ASKED) as response:
                await anext(response.aiter_raw())
            assert response.is_closed

    with playhead.step("async"):
        asyncio.run(main())
    attempts = [s for s in recording.all() if s.step.kind == "http_attempt"]
    for attempt in attempts:
        assert attempt.step.response_body == PIECES[0]
        assert attempt.step.attributes == {"playhead.http.response.closed_early": True}
        assert attempt.error_type is None
    assert len(attempts) == 2


@both
def test_an_error_in_the_middle_of_a_stream_passes_through(recording: Recording, package):
    error = package.ReadError("gone")
    sync_answer, async_answer = streamed(package, error=error)
    with (
        playhead.step("sync"),
        client(package, sync_answer) as http,
        pytest.raises(package.ReadError) as caught,
    ):
        http.post(ADDRESS, json=ASKED)
    assert caught.value is error

    async def main():
        async with async_client(package, async_answer) as http:
            await http.post(ADDRESS, json=ASKED)

    with playhead.step("async"), pytest.raises(package.ReadError) as caught:
        asyncio.run(main())
    assert caught.value is error
    attempts = [s for s in recording.all() if s.step.kind == "http_attempt"]
    assert [a.error_type for a in attempts] == [f"{package.__name__}.ReadError"] * 2
    assert [a.step.response_body for a in attempts] == [b"".join(PIECES)] * 2


@both
def test_a_connection_that_fails_is_an_attempt_without_an_answer(recording: Recording, package):
    error = package.ConnectError("refused")

    def answer(request):
        raise error

    with playhead.step("mine"), client(package, answer) as http:
        with pytest.raises(package.ConnectError) as caught:
            http.post(ADDRESS, json=ASKED)
        assert caught.value is error
    attempt = one(recording, "http_attempt")
    assert (attempt.step.status, attempt.error_type) == (None, f"{package.__name__}.ConnectError")


@both
def test_a_compressed_body_is_kept_readable_and_given_to_the_caller_as_ever(
    recording: Recording, package
):
    said = json.dumps({"answer": "yes " * 100}).encode()
    packed = gzip.compress(said)
    sync_answer, _ = streamed(
        package, [packed[:20], packed[20:]], headers={"content-encoding": "gzip"}
    )
    with playhead.step("mine"), client(package, sync_answer) as http:
        assert http.post(ADDRESS, json=ASKED).json() == {"answer": "yes " * 100}
    step = one(recording, "http_attempt").step
    assert step.response_body == said
    assert sum(size for _, size in step.response_chunks) == len(said)


@both
def test_equal_attempts_share_one_copy_of_the_request(recording: Recording, package):
    answers = iter((429, 500, 200))

    def answer(request):
        return package.Response(next(answers), json={})

    with playhead.step("mine"), client(package, answer) as http:
        for _ in range(2):
            http.post(ADDRESS, json=ASKED)
        http.post(ADDRESS, json={**ASKED, "model": "other"})
    steps = [s.step for s in recording.all() if s.step.kind == "http_attempt"]
    assert [(s.status, s.resend_count, s.request is not None) for s in steps] == [
        (429, 0, True),
        (500, 1, False),
        (200, 2, True),
    ]
    assert steps[0].request_hash == steps[1].request_hash != steps[2].request_hash


@both
def test_other_traffic_is_left_alone(recording: Recording, package):
    def answer(request):
        return package.Response(200, json={})

    with client(package, answer) as http:
        http.post(ADDRESS, json=ASKED)  # to a provider, but outside of every step
        with playhead.step("a tool's own business"):
            http.get("http://shop.test/orders/1")
            http.post("http://shop.test/orders", json={"n": 1})
    assert tell(recording) == "node a tool's own business"


@both
def test_each_redirect_is_an_attempt(recording: Recording, package):
    def answer(request):
        if request.url.path.startswith("/v1/"):
            return package.Response(307, headers={"location": "/v2/chat/completions"})
        return package.Response(200, json={})

    with playhead.step("mine"), client(package, answer, follow_redirects=True) as http:
        assert http.post(ADDRESS, json=ASKED).status_code == 200
    assert tell(recording) == snapshot("""\
node mine
  http_attempt 307
  http_attempt 200\
""")


@both
def test_secrets_in_the_address_and_the_body_are_masked_before_they_are_hashed(
    recording: Recording, package
):
    def answer(request):
        return package.Response(200, json={})

    secret = "sk-proj-" + "a1B2" * 12
    said = {"messages": [{"content": f"my key is {secret}"}]}
    with playhead.step("mine"), client(package, answer) as http:
        http.post(f"http://user:pw@provider.test/v1/messages?api_key={secret}&beta=1", json=said)
        other = said["messages"][0]["content"].replace("a1B2", "z9Y8")
        http.post(
            "http://provider.test/v1/messages?api_key=x&beta=1",
            json={"messages": [{"content": other}]},
        )
    first, second = (s.step for s in recording.all() if s.step.kind == "http_attempt")
    assert first.url == "http://provider.test/v1/messages?api_key=[masked:query]&beta=1"
    assert "a1B2" not in repr(first)
    assert first.request_hash == second.request_hash


@both
def test_an_upload_that_is_made_while_it_is_sent_is_not_read_ahead(recording: Recording, package):
    made = []

    def parts():
        for number in range(3):
            made.append(number)
            yield b"x"

    class Lazy(package.BaseTransport):
        def handle_request(self, request):
            assert made == []
            return package.Response(200, content=request.read())

    with playhead.step("mine"), package.Client(transport=Lazy()) as http:
        assert http.post(ADDRESS, content=parts()).content == b"xxx"
    assert one(recording, "http_attempt").step.request["body"] is None
