"""Who is speaking: the OTLP resource of this process, made by OpenTelemetry's own rules."""

import os
import secrets
from collections.abc import Mapping
from typing import Any

from playhead import semconv as names
from playhead.otlp import attributes_json


def resource_json(*, project: str | None, tags: Mapping[str, str], version: str) -> dict[str, Any]:
    """Return the resource in OTLP/JSON form, `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` honoured."""
    import json

    from opentelemetry.sdk.resources import OTELResourceDetector

    attributes: dict[str, Any] = dict(OTELResourceDetector().detect().attributes)
    attributes.setdefault("service.name", project or _program_name())
    attributes[names.DISTRO_NAME] = names.DISTRO
    attributes[names.DISTRO_VERSION] = version
    attributes["telemetry.sdk.language"] = "python"
    attributes[names.PROCESS_ID] = os.getpid()
    attributes[names.INSTANCE_ID] = secrets.token_hex(16)
    if project is not None:
        attributes[names.PROJECT] = project
    for tag, value in tags.items():
        attributes[names.TAG_PREFIX + tag] = value
    return {"attributes": json.loads(attributes_json(attributes))}


def _program_name() -> str:
    import sys

    main = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.splitext(os.path.basename(main))[0] if main else "python"
