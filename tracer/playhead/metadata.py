"""What may leave for a collector that is not playhead: names, times, numbers, never content.

An allow-list: an attribute that is not known to be harmless is content.
"""

import json
from typing import Any, Final

from playhead import semconv as names

METADATA: Final = frozenset(
    {
        names.KIND, names.FRAMEWORK, names.FRAMEWORK_VERSION, names.RUN_ID, names.RUN_SEGMENT,
        names.RUN_PARENT_ID, names.RUN_ORIGIN_ID, names.RUN_RELATION, names.RUN_OUTCOME,
        names.WORKFLOW_NAME, names.WORKFLOW_VERSION, names.GRAPH_HASH, names.CONVERSATION_ID,
        names.AGENT_NAME, names.CAPTURE_LEVEL, names.CONTENT_STATE, names.LINK_TYPE,
        names.ERROR_TYPE, names.LIMIT_TYPE, names.LIMIT_VALUE, names.STEP_NAME, names.STEP_INDEX,
        names.STEP_PATH, names.STEP_EXECUTION_ID, names.STEP_ATTEMPT, names.STEP_MAX_ATTEMPTS,
        names.STEP_TRIGGERS, names.STEP_CACHED, names.STEP_OUTCOME, names.OPERATION,
        names.PROVIDER, names.REQUEST_MODEL, names.REQUEST_TEMPERATURE, names.REQUEST_TOP_P,
        names.REQUEST_SEED, names.REQUEST_MAX_TOKENS, names.REQUEST_STREAM, names.RESPONSE_ID,
        names.RESPONSE_MODEL, names.FINISH_REASONS, names.TIME_TO_FIRST_CHUNK, names.TOKENS_INPUT,
        names.TOKENS_OUTPUT, names.TOKENS_CACHE_READ, names.TOKENS_CACHE_WRITE,
        names.TOKENS_REASONING, names.TOOL_NAME, names.TOOL_TYPE, names.TOOL_CALL_ID,
        names.BOUNDARY_STATE, names.REQUEST_HASH, names.HTTP_METHOD, names.HTTP_STATUS,
        names.HTTP_RESEND_COUNT, names.HTTP_RETRY_AFTER_MS, names.HTTP_REQUEST_ID,
        names.SERVER_ADDRESS, names.SERVER_PORT, names.DECISION_TYPE, names.DECISION_NAME,
        names.DECISION_CANDIDATES, names.DECISION_CANDIDATES_SOURCE, names.DECISION_CHOSEN,
        names.DECISION_SCORES, names.DECISION_REASON_SOURCE, names.DECISION_MAKER,
        names.DECISION_DECLARED_AT, names.SPAN_NAME, names.SPAN_PARENT_ID, names.CHECKPOINT_ID,
        names.CHECKPOINT_PARENT_ID, names.CHECKPOINT_NS, names.CHECKPOINT_STEP,
        names.CHECKPOINT_SOURCE, names.CHECKPOINT_NEXT, names.STATE_FULL,
        names.STATE_CHANGED_KEYS, names.STATE_REMOVED_KEYS, names.STATE_BYTES,
        names.INTERRUPT_ID, names.INTERRUPT_TYPE, names.INTERRUPT_STEP,
    }
)  # fmt: skip


def is_metadata(name: str) -> bool:
    """Whether the attribute `name` can be told without telling what was said."""
    return name in METADATA


def without_content(signal: str, record: bytes) -> bytes:
    """Return one span's or log event's OTLP/JSON without content, marked so."""
    stated: dict[str, Any] = json.loads(record)
    kept = [pair for pair in stated["attributes"] if is_metadata(pair["key"])]
    dropped = len(kept) < len(stated["attributes"]) or "body" in stated
    stated.pop("body", None)
    if "status" in stated:
        stated["status"].pop("message", None)
    if dropped:
        kept = [pair for pair in kept if pair["key"] != names.CONTENT_STATE]
        kept.append({"key": names.CONTENT_STATE, "value": {"stringValue": "not_captured"}})
    stated["attributes"] = kept
    return json.dumps(stated, ensure_ascii=False).encode()
