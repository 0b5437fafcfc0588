"""`playhead doctor`: what is recorded, what is not and why, and where it goes."""

import json
import platform
import sys
from dataclasses import fields
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from playhead.adapter import find
from playhead.client import Client, NoAnswer
from playhead.settings import TracerSettings, read_settings
from playhead.spool import spool_files
from playhead.version import own_version

_USAGE: Final = "usage: playhead doctor [--json]"
_HEALTH_TIMEOUT_S: Final = 2.0
_FINE, _FOUND, _WRONG_USAGE = 0, 1, 2


def run(arguments: list[str]) -> int:
    """Print the report; 1 when something stands in the way of recording or delivery."""
    if any(argument != "--json" for argument in arguments):
        print(_USAGE, file=sys.stderr)
        return _WRONG_USAGE
    report = examine(read_settings())
    if arguments:
        print(json.dumps(report, indent=2))
    else:
        print(_as_text(report))
    return _FOUND if report["problems"] else _FINE


def examine(settings: TracerSettings) -> dict[str, Any]:
    """Return the whole report as JSON types. Asks the endpoint once; changes nothing."""
    collector = _collector(settings)
    adapters = [_adapter(point) for point in find(settings.adapters)]
    files = spool_files(settings.spool_dir)
    problems = [adapter["problem"] for adapter in adapters if adapter["problem"]]
    if settings.disabled:
        problems.append("PLAYHEAD_DISABLED is set: nothing is recorded")
    if collector["problem"]:
        problems.append(collector["problem"])
    return {
        "playhead": own_version(),
        "python": platform.python_version(),
        "settings": _settings(settings),
        "adapters": adapters,
        "collector": collector,
        "spool": {
            "folder": str(settings.spool_dir),
            "files": len(files),
            "bytes": sum(size for _, size, _ in files),
        },
        "problems": problems,
    }


def _settings(settings: TracerSettings) -> dict[str, dict[str, Any]]:
    shown: dict[str, dict[str, Any]] = {}
    for setting in fields(settings):
        if setting.name in ("named", "origins"):
            continue
        value = getattr(settings, setting.name)
        if setting.name == "token" and value is not None:
            value = "(set)"
        is_text = isinstance(value, Path) or callable(value)
        shown[setting.name] = {
            "value": str(value) if is_text else value,
            "origin": settings.origins[setting.name],
        }
    return shown


def _adapter(point: Any) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": point.name,
        "package": None,
        "installed": None,
        "problem": None,
    }
    try:
        adapter = point.load()
    except Exception as error:  # noqa: BLE001 - somebody else's plug-in: reported, never fatal
        found["problem"] = f"adapter {point.name} cannot be loaded: {type(error).__name__}: {error}"
        return found
    oldest, newest = adapter.supports
    found |= {"package": adapter.package, "tested": [oldest, newest]}
    try:
        found["installed"] = version(adapter.package)
    except PackageNotFoundError:
        if any(find_spec(module.partition(".")[0]) for module in adapter.modules):
            found["installed"] = "unknown"
        return found
    if not _numbers(oldest) <= _numbers(found["installed"]) <= _numbers(newest):
        found["problem"] = (
            f"{adapter.package} {found['installed']} is outside the tested range {oldest} to {newest}: "
            "what works there is recorded, the rest is not"
        )
    return found


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdecimal())


def _collector(settings: TracerSettings) -> dict[str, Any]:
    client = Client(settings.endpoint, token=settings.token, version=own_version())
    found: dict[str, Any] = {"endpoint": settings.endpoint, "answer": None, "problem": None}
    try:
        answer = client.get("/api/health", timeout_s=_HEALTH_TIMEOUT_S)
    except NoAnswer as error:
        found["answer"] = f"nobody answers ({error})"
        found["problem"] = (
            f"no collector at {settings.endpoint}: steps wait in the spool; start it with `playhead up`"
        )
        return found
    finally:
        client.close()
    if answer.status == 200 and answer.to_json().get("name") == "playhead":
        found["answer"] = f"playhead {answer.to_json().get('version', '')}".strip()
    elif answer.status in (401, 403):
        found["answer"] = "a token is needed"
        found["problem"] = f"{settings.endpoint} wants a token: set PLAYHEAD_TOKEN"
    else:
        found["answer"] = f"not a playhead (status {answer.status})"
        found["problem"] = (
            f"{settings.endpoint} belongs to another program: "
            + ("it gets metadata only" if settings.named else "nothing is sent there")
            + "; start playhead elsewhere with `playhead up --port …` and set PLAYHEAD_ENDPOINT"
        )
    return found


def _as_text(report: dict[str, Any]) -> str:
    lines = [f"playhead {report['playhead']}, Python {report['python']}", "", "settings"]
    for name, setting in report["settings"].items():
        lines.append(f"  {name:<10} {setting['value']!s:<44} {setting['origin']}")
    lines += ["", "adapters"]
    for adapter in report["adapters"]:
        tested = "–".join(dict.fromkeys(adapter.get("tested", ())))
        installed = adapter["installed"] or "not installed"
        lines.append(f"  {adapter['name']:<10} {installed:<16} tested with {tested}")
    if not report["adapters"]:
        lines.append("  none")
    spool = report["spool"]
    lines += [
        "",
        f"collector  {report['collector']['endpoint']}: {report['collector']['answer']}",
        f"spool      {spool['folder']}: {spool['files']} files, {spool['bytes']} bytes",
        "",
        *(f"! {problem}" for problem in report["problems"] or ()),
    ]
    if not report["problems"]:
        lines.append("everything is well")
    return "\n".join(lines)
