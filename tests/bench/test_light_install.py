# pyright: basic
"""What an instrumented program pays before its first step: what is installed, and what is imported."""

import importlib.metadata
import re
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.bench

BESIDE_OURS_MAX = 5
BYTES_MAX = 5 * 10**6  # without bytecode
IMPORT_RATIO_MAX = 1.3
INIT_CPU_MS_MAX = 50
ROUNDS = 9
MARGIN = 1.5
ROOT = Path(__file__).parents[2]
PACKAGES = (
    "tracer/playhead",
    "adapters/playhead_adapters",
    "collector/playhead_collector",
    "dashboard/playhead_dashboard",
)


def needed(name: str, found: dict[str, importlib.metadata.Distribution]) -> None:
    """Collect what installing `name` without extras installs, itself included."""
    plain = re.sub(r"[-_.]+", "-", name).lower()
    if plain in found:
        return
    distribution = found[plain] = importlib.metadata.distribution(name)
    for line in distribution.requires or ():
        requirement, _, condition = line.partition(";")
        if "extra ==" in condition or "extra==" in condition:
            continue
        if "python_version" in condition and not applies(condition):
            continue
        match = re.match(r"[A-Za-z0-9._-]+", requirement)
        assert match
        needed(match[0], found)


def applies(condition: str) -> bool:
    """Whether a condition on Python's version holds here."""
    match = re.search(r"python_version\s*(<=|>=|<|>)\s*[\"']([\d.]+)", condition)
    assert match, condition
    here, there = sys.version_info[:2], tuple(map(int, match[2].split(".")))
    return {"<": here < there, "<=": here <= there, ">": here > there, ">=": here >= there}[
        match[1]
    ]


def bytes_of(distribution: importlib.metadata.Distribution) -> int:
    return sum(
        Path(str(distribution.locate_file(file))).stat().st_size
        for file in distribution.files or ()
        if not str(file).endswith(".pyc")
        and ".." not in file.parts
        and Path(str(distribution.locate_file(file))).is_file()
    )


def own_bytes() -> int:
    return sum(
        path.stat().st_size
        for package in PACKAGES
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )


def test_the_base_install_is_small() -> None:
    found: dict[str, importlib.metadata.Distribution] = {}
    needed("playhead", found)
    del found["playhead"]
    sizes = {name: bytes_of(each) for name, each in found.items()} | {"playhead": own_bytes()}
    print("\nbase install, bytes without bytecode, unpacked")
    for name, size in sorted(sizes.items(), key=lambda pair: -pair[1]):
        print(f"  {name:<44} {size:>10,}")
    print(f"  {'all':<44} {sum(sizes.values()):>10,}")
    assert len(found) <= BESIDE_OURS_MAX
    assert sum(sizes.values()) < BYTES_MAX


def cpu_ms(statement: str) -> float:
    """Return the CPU milliseconds of `statement` in a fresh interpreter."""
    source = (
        "import time; begun = time.process_time_ns(); "
        f"{statement}; print((time.process_time_ns() - begun) / 1e6)"
    )
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True, timeout=60
    )
    return float(done.stdout.split()[-1])


def test_the_import_costs_about_as_much_as_opentelemetrys() -> None:
    found: dict[str, list[float]] = {"opentelemetry.sdk.trace": [], "playhead": []}
    for name in found:
        cpu_ms(f"import {name}")  # bytecode is written
    for _ in range(ROUNDS):
        for name, values in found.items():
            values.append(cpu_ms(f"import {name}"))
    print("\nimport, CPU ms, fresh interpreter")
    for name, values in found.items():
        print(f"  {name:<26} median {statistics.median(values):6.1f}   min {min(values):6.1f}")
    ratio = min(found["playhead"]) / min(found["opentelemetry.sdk.trace"])
    print(f"  ratio {ratio:.2f} (at most {IMPORT_RATIO_MAX})")
    assert ratio < IMPORT_RATIO_MAX


def test_init_adds_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYHEAD_SPOOL_DIR", str(tmp_path))
    statement = (
        "import playhead, time; begun = time.process_time_ns(); "
        "playhead.init(endpoint='http://127.0.0.1:9')"
    )
    values = [cpu_ms(statement) for _ in range(ROUNDS)]
    print(
        f"\ninit, CPU ms of all threads: median {statistics.median(values):.1f}, min {min(values):.1f}"
    )
    assert min(values) < INIT_CPU_MS_MAX * MARGIN
