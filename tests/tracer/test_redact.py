# pyright: basic
"""No planted secret leaves, in whatever it is wrapped; and what is no secret stays as it was."""

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import playhead
from playhead.redact import mask_body, mask_text
from playhead.steps import HttpAttempt
from playhead.testing import recorder

NOWHERE = "http://127.0.0.1:9"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def letters(count: int) -> st.SearchStrategy[str]:
    # At least one digit and letter, so that the secret cannot be a word of the text around it.
    return st.text(LETTERS, min_size=count, max_size=count).map(lambda t: t[:-2] + "Q7")


# Each gives (text that holds the secret, the part that must not leave).
PLANTED: dict[str, st.SearchStrategy[tuple[str, str]]] = {
    "openai": letters(40).map(lambda s: (f"sk-{s}", s)),
    "openai project": letters(40).map(lambda s: (f"sk-proj-{s}", s)),
    "anthropic": letters(40).map(lambda s: (f"sk-ant-api03-{s}", s)),
    "google": letters(35).map(lambda s: (f"AIza{s}", s)),
    "aws": st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=16, max_size=16).map(
        lambda s: (f"AKIA{s}", s)
    ),
    "github": letters(36).map(lambda s: (f"ghp_{s}", s)),
    "github fine": letters(40).map(lambda s: (f"github_pat_{s}", s)),
    "slack": letters(24).map(lambda s: (f"xoxb-1234-{s}", s)),
    "stripe": letters(24).map(lambda s: (f"sk_live_{s}", s)),
    "hugging face": letters(34).map(lambda s: (f"hf_{s}", s)),
    "jwt": letters(20).map(lambda s: (f"eyJhbGciOiJIUzI1NiJ9.eyJ{s}.{s}", s)),
    "bearer": letters(24).map(lambda s: (f"Authorization: Bearer {s}", s)),
    "basic": letters(24).map(lambda s: (f"authorization: Basic {s}=", s)),
    "url": letters(12).map(lambda s: (f"postgres://user:{s}@db.example/x", s)),
    "query": letters(24).map(lambda s: (f"https://h/x?api_key={s}&page=2", s)),
    "environment": letters(24).map(lambda s: (f"AWS_SECRET_ACCESS_KEY={s}", s)),
    "assignment": letters(24).map(lambda s: (f'client = Client(api_key="{s}")', s)),
    "repr": letters(24).map(lambda s: (f"{{'password': '{s}', 'user': 'a'}}", s)),
    "pem": letters(64).map(
        lambda s: (f"-----BEGIN RSA PRIVATE KEY-----\n{s}\n{s}\n-----END RSA PRIVATE KEY-----", s)
    ),
    "cut pem": letters(64).map(lambda s: (f"-----BEGIN PRIVATE KEY-----\n{s}\n{s}", s)),
}
NAMES = [
    "api_key", "apiKey", "API-KEY", "x-api-key", "OPENAI_API_KEY", "password", "passwd", "db_password",
    "client_secret", "clientSecret", "secret", "access_token", "refreshToken", "id_token",
    "authorization", "Authorization", "Cookie", "Set-Cookie", "private_key", "credentials",
    "session_token", "aws_secret_access_key",
]  # fmt: skip
planted = st.one_of(*PLANTED.values())
named = st.tuples(st.sampled_from(NAMES), letters(20)).map(lambda p: ({p[0]: p[1]}, p[1]))
around = st.text(max_size=30).filter(lambda t: "\\" not in t)
WRAPS: list[Any] = [
    lambda v: v,
    lambda v: {"a": [v, 1]},
    lambda v: [{"deep": {"er": v}}],
    lambda v: json.dumps({"inner": v}),
    lambda v: json.dumps([json.dumps({"inner": v})]),
    lambda v: {"args": json.dumps({"x": json.dumps(v)})},
]


@given(secret=planted, before=around, after=around, wrap=st.sampled_from(WRAPS))
@settings(max_examples=400)
def test_a_secret_in_text_never_stays(
    secret: tuple[str, str], before: str, after: str, wrap: Any
) -> None:
    text, hidden = secret
    assume(hidden not in before + after)
    content = json.dumps(wrap(f"{before} {text} {after}"), ensure_ascii=False)
    masked = mask_text(content)
    assert hidden not in masked.text
    assert "[masked:" in masked.text
    assert masked.found >= 1
    json.loads(masked.text)
    assert mask_text(masked.text) == (masked.text, 0)


@given(secret=named, wrap=st.sampled_from(WRAPS))
def test_a_value_with_a_secrets_name_never_stays(secret: tuple[Any, str], wrap: Any) -> None:
    value, hidden = secret
    masked = mask_text(json.dumps(wrap(value)))
    assert hidden not in masked.text
    json.loads(masked.text)


@given(secret=planted, before=around, after=around)
def test_a_body_keeps_its_length_and_loses_its_secret(
    secret: tuple[str, str], before: str, after: str
) -> None:
    text, hidden = secret
    assume(hidden not in before + after)
    body = json.dumps({"m": f"{before} {text} {after}"}, ensure_ascii=False).encode()
    masked = mask_body(body)
    assert len(masked.body) == len(body)
    assert hidden.encode() not in masked.body
    assert masked.found >= 1


@given(text=st.text())
def test_text_without_secrets_stays_as_it_is(text: str) -> None:
    masked = mask_text(text)
    if masked.found == 0:
        assert masked.text == text


@pytest.mark.parametrize(
    "text",
    [
        '{"max_tokens":100,"total_tokens":5,"token":"Hello","logprob":-0.1}',
        "The secret of good coffee is patience; the password policy is strict.",
        '{"keys":["a","b"],"author":"ana","authority":3,"monkey":"x","tokenizer":"cl100k"}',
        "call_0123456789abcdef0123456789abcdef",
        "https://example.org:8080/a@b",
        "see task-0123456789 and risk-averse_behaviour-pattern",
        '{"cookies_enabled":true,"auth_method":"none","authors":["x"]}',
    ],
)
def test_what_is_no_secret_is_left_alone(text: str) -> None:
    assert mask_text(text) == (text, 0)


def test_lists_of_pairs_and_named_values_are_headers_too() -> None:
    headers = [["Set-Cookie", "a=b"], ["x", "y"], {"name": "Authorization", "value": "abc"}]
    assert json.loads(mask_text(json.dumps(headers)).text) == [
        ["Set-Cookie", "[masked:named]"],
        ["x", "y"],
        {"name": "Authorization", "value": "[masked:named]"},
    ]


def test_bytes_inside_content_are_looked_into() -> None:
    inner = base64.b64encode(b'{"api_key": "abcdefgh12345678"}').decode()
    masked = json.loads(mask_text(json.dumps({"file": {"$bytes": inner}})).text)
    assert b"abcdefgh12345678" not in base64.b64decode(masked["file"]["$bytes"])


@pytest.mark.parametrize(
    "text",
    ["eyJ" * 30_000, "sk-" * 30_000, "a-" * 50_000 + "api_key", "://" * 30_000 + "@", "-----BEGIN " * 9_000,
     "api_key=" * 10_000, '\\"password' * 10_000, "bearer " * 15_000, "[" * 100_000 + '"api_key"'],
)  # fmt: skip
def test_no_text_makes_masking_slow(text: str) -> None:
    begun_s = time.process_time()
    mask_text(text)
    mask_body(text.encode())
    assert time.process_time() - begun_s < 3.0


def every_way_out(secret: str) -> None:
    """Put a secret wherever a program can put one."""

    @playhead.tool
    def call(argument: str) -> dict[str, str]:
        if argument.startswith("raise"):
            raise ValueError(f"cannot use {secret}")  # the source line and the message hold it
        return {"result": secret}

    with playhead.workflow(f"w {secret}", input={"a": secret}) as run:
        call(secret)
        with pytest.raises(ValueError):
            call(f"raise {secret}")
        playhead.decide(
            secret, chosen=secret, candidates=[secret], reason=secret, maker=secret, input=secret
        )
        with playhead.step("s") as step:
            step.update(note=secret, output={"nested": json.dumps({"x": secret})})
        run.update(output=[secret], **{secret: "a name"})


@given(secret=planted)
@settings(
    max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None
)
def test_no_planted_secret_is_in_any_byte_of_the_spool(
    secret: tuple[str, str], own_spool: Path
) -> None:
    text, hidden = secret
    playhead.init(endpoint=NOWHERE)
    every_way_out(text)
    masked = playhead.stats().masked
    playhead.shutdown(timeout_s=0.1)
    found = list(own_spool.iterdir())
    assert found
    for path in found:
        assert hidden.encode() not in path.read_bytes()
        path.unlink()
    assert masked >= 8


def test_http_bodies_and_addresses_lose_their_secrets() -> None:
    body = b'{"api_key": "abcdefgh12345678", "n": 1}'
    with recorder() as recording:
        recording.recorder.open(
            HttpAttempt(
                name="POST /v1",
                url="https://h/v1?key=1&api_key=abcdefgh12345678",
                response_headers={"set-cookie": "abcdefgh12345678", "x": "y"},
                response_body=body,
                response_chunks=((5, 10), (6, len(body) - 10)),
            )
        ).end()
    [step] = recording.all()
    assert "abcdefgh12345678" not in repr(step)
    assert isinstance(step.step, HttpAttempt)
    assert step.step.response_body is not None
    assert len(step.step.response_body) == len(body)
    assert step.step.response_headers == {"set-cookie": "[masked:named]", "x": "y"}
    assert step.attributes["playhead.content.state"] == "redacted"


def test_a_users_own_rule_decides_last_and_fails_closed(own_spool: Path) -> None:
    def redact(name: str, value: Any) -> Any:
        if "boom" in str(value):
            raise RuntimeError("broken rule")
        if name == "gen_ai.tool.call.result":
            return None
        return value.replace("Ana", "A.") if isinstance(value, str) else value

    playhead.init(endpoint=NOWHERE, redact=redact)
    with playhead.workflow("w", input="Ana"), playhead.tool("t", input="boom 4711") as tool:
        tool.update(output="result 4712")
    stats = playhead.stats()
    playhead.shutdown(timeout_s=0.1)
    [spool] = own_spool.iterdir()
    content = spool.read_bytes()
    assert b"4711" not in content
    assert b"4712" not in content
    assert b"Ana" not in content
    assert b"A." in content
    assert stats.masked >= 3
