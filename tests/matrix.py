"""Run the suite on the lowest and the newest allowed versions, on every Python found.

    python tests/matrix.py            # all that is found
    python tests/matrix.py 3.12       # one Python
    python tests/matrix.py 3.12 lowest

Each combination has a virtual environment of its own in `build/matrix`.
"""

import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parent.parent
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
SETS = ("lowest", "newest")
SOME = ("tests/faults", "tests/sending", "tests/benchmarks")
"""What takes as long as all the rest: one half of the suite, for one processor."""
MOST_S = 600.0
"""Seconds that one step may take."""


def pythons() -> Iterator[tuple[str, str]]:
    """Yield the version and the path of each Python that is on PATH or in pyenv."""
    for version in PYTHONS:
        found = shutil.which(f"python{version}")
        pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
        if pyenv:
            yield version, str(pyenv[-1])
        elif found:
            yield version, found


def lowest() -> Sequence[str]:
    """Return the lowest versions that the package allows, as requirements."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [re.sub(r">=", "==", each) for each in project["dependencies"]]


def run(*command: str | Path) -> bool:
    """Run a command in the root of the project, and tell whether it succeeded."""
    print("$", *command, flush=True)
    done = subprocess.run(command, cwd=ROOT, check=False, timeout=MOST_S)
    return done.returncode == 0


def passes(version: str, python: str, versions: str) -> bool:
    """Tell whether the suite passes on a Python and a set of versions."""
    folder = ROOT / "build" / "matrix" / f"{version}-{versions}"
    here = folder / "bin" / "python"
    pins: Sequence[str] = lowest() if versions == "lowest" else ()
    return (
        run(python, "-m", "venv", "--clear", folder)
        and run(here, "-m", "pip", "install", "--quiet", "--editable", ".[dev]", *pins)
        and tests_pass(here)
    )


def tests_pass(python: Path) -> bool:
    """Run the suite in two halves at once, and tell whether both pass."""
    pytest = (python, "-m", "pytest", "-q", "-p", "no:cacheprovider")
    others = [f"--ignore={folder}" for folder in SOME]
    with ThreadPoolExecutor(2) as both:
        halves = [both.submit(run, *pytest, *half) for half in (SOME, others)]
        return all(half.result() for half in halves)


def main(wanted: Sequence[str]) -> int:
    """Run what is wanted of the matrix, and print what came of it."""
    results = {
        f"{version} {versions}": passes(version, python, versions)
        for version, python in pythons()
        if version in wanted or not set(wanted) & set(PYTHONS)
        for versions in SETS
        if versions in wanted or not set(wanted) & set(SETS)
    }
    for name, passed in results.items():
        print(f"{name}: {'passed' if passed else 'FAILED'}")
    return 0 if results and all(results.values()) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
