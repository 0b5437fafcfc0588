"""The numbers of STYLE.md: no function over 70 lines, no file over 600, nine of ten under 30."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ["tracer", "adapters", "collector", "dashboard"]
FUNCTION_LINES_MAX = 70
FUNCTION_LINES_USUAL = 30
FILE_LINES_MAX = 600


def sources(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> Iterator[Path]:
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in suffixes and "__pycache__" not in path.parts:
                yield path


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the first statement after the docstring to the last one."""
    statements = function.body
    if ast.get_docstring(function) is not None:
        statements = statements[1:]
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1 if statements else 0


def functions(*folders: str) -> Iterator[tuple[str, int]]:
    for path in sources(*folders):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield f"{path.relative_to(ROOT)}:{node.lineno} {node.name}", body_lines(node)


def test_no_function_is_longer_than_seventy_lines() -> None:
    long = [(where, n) for where, n in functions(*PACKAGES, "tests") if n > FUNCTION_LINES_MAX]
    assert not long


def test_nine_of_ten_functions_stay_under_thirty_lines() -> None:
    lengths = [n for _, n in functions(*PACKAGES)]
    usual = sum(n < FUNCTION_LINES_USUAL for n in lengths)
    assert usual >= 0.9 * len(lengths), f"{usual} of {len(lengths)}"


def test_no_file_is_longer_than_six_hundred_lines() -> None:
    written = sources(*PACKAGES, "tests", "examples", suffixes=(".py", ".js", ".css"))
    long = {
        str(path.relative_to(ROOT)): n
        for path in written
        if ".min." not in path.name and (n := len(path.read_text().splitlines())) > FILE_LINES_MAX
    }
    assert not long
