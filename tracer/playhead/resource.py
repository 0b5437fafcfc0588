"""Who is speaking: the OTLP resource of this process.

Reads the two resource variables by OpenTelemetry's rules itself: the SDK's detector would first
load the SDK, and the first steps would have to wait for their file that long.
"""

import json
import os
import sys
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from playhead import semconv as names
from playhead.otlp import attributes_json


def resource_json(*, project: str | None, tags: Mapping[str, str], version: str) -> dict[str, Any]:
    """Return the resource in OTLP/JSON form, `OTEL_SERVICE_NAME` and `OTEL_RESOURCE_ATTRIBUTES` honoured."""
    attributes: dict[str, Any] = dict(from_environment(os.environ))
    attributes.setdefault("service.name", project or _program_name())
    attributes[names.DISTRO_NAME] = names.DISTRO
    attributes[names.DISTRO_VERSION] = version
    attributes["telemetry.sdk.language"] = "python"
    attributes[names.PROCESS_ID] = os.getpid()
    attributes[names.INSTANCE_ID] = os.urandom(16).hex()
    if project is not None:
        attributes[names.PROJECT] = project
    for tag, value in tags.items():
        attributes[names.TAG_PREFIX + tag] = value
    return {"attributes": json.loads(attributes_json(attributes))}


def from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes that `OTEL_RESOURCE_ATTRIBUTES` and `OTEL_SERVICE_NAME` state.

    Source:
        OpenTelemetry specification 1.50, resource/sdk.md, "Specifying resource information via an
        environment variable".
    """
    attributes: dict[str, str] = {}
    for pair in environ.get("OTEL_RESOURCE_ATTRIBUTES", "").split(","):
        name, equals, value = pair.partition("=")
        if equals and name.strip():
            attributes[name.strip()] = unquote(value.strip())
    service = environ.get("OTEL_SERVICE_NAME")
    if service:
        attributes["service.name"] = service
    return attributes


def _program_name() -> str:
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    return os.path.splitext(os.path.basename(main))[0] if main else "python"
