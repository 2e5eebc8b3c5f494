"""A Python environment of its own for TensorFlow: made, filled at pinned versions, used and removed.

Nothing in here blocks for long without asking whether somebody wants it to stop; then whatever runs in it is ended, the
folder goes, and `Stopped` tells.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from gateway.errors import GatewayError

OLDEST, NEWEST = (3, 11), (3, 13)
"""Pythons that the pinned TensorFlow is published for, and that our worker is written for."""
NEEDED = 4 << 30
"""Octets: 0.5 GB of archives, 1.7 GB of them unpacked, the rest for the checkpoint and its copies."""
REQUIREMENTS = Path(__file__).parent / "requirements"
LOOK = 0.1
"""Seconds between two looks at a program that runs."""
GRACE = 2.0
"""Seconds that a program which is to end has for it."""
KEPT_LINES = 40

Progress = Callable[[str], None]
"""Takes the last line that a program has written."""


class Stopped(Exception):  # noqa: N818  (a wish, not a fault)
    """Somebody wants it to end."""


class Failed(GatewayError):  # noqa: N818  (what became of a program)
    """A program ended otherwise than well. `lines`: the last it wrote."""

    def __init__(self, status: int, lines: Sequence[str]) -> None:
        ending = (
            "it was killed, as happens where memory runs out" if status == -signal.SIGKILL else f"exit status {status}"
        )
        super().__init__(lines[-1] if lines and status > 0 else ending)
        self.status, self.lines = status, tuple(lines)


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment below `folder`; `is_stopped` is asked again and again."""

    folder: Path
    is_stopped: Callable[[], bool]

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / "venv" / "bin" / "python"

    def create(self, interpreter: str) -> None:
        """Make it, with pip in it.

        Raises:
            GatewayError: this Python cannot.
        """
        try:
            self._run([interpreter, "-m", "venv", str(self.folder / "venv")], {})
        except Failed as failed:
            raise GatewayError(f"no virtual environment could be made by {interpreter}: {failed}") from failed

    def install(self, requirements: Path, progress: Progress) -> None:
        """Fetch and install what a requirements file pins, and nothing that it does not name.

        Raises:
            GatewayError: pip could not.
        """
        pip = ["-m", "pip", "install", "--no-input", "--no-deps", "--require-hashes", "--retries", "2"]
        quiet = ["--disable-pip-version-check", "--progress-bar", "off", "--no-build-isolation"]
        try:
            self._run([str(self.python), *pip, *quiet, "--requirement", str(requirements)], {}, progress)
        except Failed as failed:
            raise GatewayError(_pips_reason(requirements.stem, failed.lines)) from failed

    def work(self, job: Mapping[str, object], *, patience: float) -> dict[str, object]:
        """Have the worker do one job; its files lie in `folder`, and what it says is returned.

        Raises:
            GatewayError: it was killed, by a damaged file or by us after `patience` seconds.
        """
        described, answer = self.folder / "job.json", self.folder / "answer.json"
        described.write_text(json.dumps(job))
        command = [str(self.python), "-P", "-m", "worker", str(described), str(self.folder)]
        try:
            self._run(command, _workers_environ(self.folder), patience=patience)
            told = json.loads(answer.read_text())
        except (Failed, OSError, ValueError) as error:
            raise GatewayError(f"TensorFlow gave up on it: {str(error)[:200]}") from error
        return dict(told)

    def _run(
        self,
        command: Sequence[str],
        environ: Mapping[str, str],
        progress: Progress | None = None,
        *,
        patience: float = 3600.0,
    ) -> None:
        """Run a program to its end.

        Raises:
            Stopped: it was ended because somebody wants so. Failed: it ended badly, or took longer than `patience`.
        """
        log = self.folder / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**_ours_left_out(), "TMPDIR": str(self.folder), **environ},
                cwd=self.folder,
                start_new_session=True,  # a Ctrl-C reaches us alone, who know what is to be removed
            )
        give_up = monotonic() + patience
        try:
            while _still_runs(process):
                if self.is_stopped():
                    raise Stopped
                if monotonic() > give_up:
                    raise Failed(1, [f"it took longer than {patience:.0f} s"])
                if progress is not None:
                    progress(" ".join(_last_lines(log, 1)))
        finally:
            _end(process)
        if process.returncode:
            raise Failed(process.returncode, _last_lines(log, KEPT_LINES))


@contextmanager
def environment(is_stopped: Callable[[], bool], *, needed: int = NEEDED) -> Iterator[Environment]:
    """A folder for an environment, of `needed` octets at most, which is gone afterwards, however it ends.

    Raises:
        GatewayError: there is no room for it.
    """
    place = tempfile.gettempdir()
    free = shutil.disk_usage(place).free
    if free < needed:
        asked, left = needed / (1 << 30), free / (1 << 30)
        raise GatewayError(
            f"TensorFlow needs {asked:.0f} GiB in {place} for a while, and {left:.1f} are free; TMPDIR names another"
        )
    with tempfile.TemporaryDirectory(prefix="changebg-keras-", ignore_cleanup_errors=True) as folder:
        yield Environment(Path(folder), is_stopped)


def interpreter(own: str = sys.executable, version: tuple[int, int] = sys.version_info[:2]) -> str:
    """A Python that TensorFlow is published for: our `own` of that `version`, or one found by its name.

    Raises:
        GatewayError: there is none that can make virtual environments.
    """
    names = [f"python{OLDEST[0]}.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    for candidate in [own, *names] if OLDEST <= version <= NEWEST else names:
        found = shutil.which(candidate)
        if found is not None and _makes_environments(found):
            return found
    oldest, newest = (f"{major}.{minor}" for major, minor in (OLDEST, NEWEST))
    raise GatewayError(
        f"TensorFlow is published for Python {oldest} to {newest}, and no such Python with venv is here (Debian:"
        f" apt-get install python3-venv, or python{newest}-venv)"
    )


def _makes_environments(python: str) -> bool:
    """Whether it runs, and brings what a virtual environment needs, which Debian packages apart."""
    try:
        asked = subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return asked.returncode == 0


def _still_runs(process: subprocess.Popen[bytes]) -> bool:
    with suppress(subprocess.TimeoutExpired):
        process.wait(LOOK)
    return process.returncode is None


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program and whatever it has started."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        give_up = monotonic() + GRACE
        while monotonic() < give_up:
            try:
                os.killpg(process.pid, number)
            except ProcessLookupError:  # the last of them is gone
                process.wait()
                return
            with suppress(subprocess.TimeoutExpired):
                process.wait(LOOK)
            sleep(LOOK / 10)


def _ours_left_out() -> dict[str, str]:
    """This process' environment without what it is configured by, tokens among it, and without a way back into it."""
    left_out = ("CHANGEBG_", "PYTHON", "VIRTUAL_ENV", "PIP_REQUIRE_VIRTUALENV", "PIP_TARGET", "PIP_PREFIX", "PIP_USER")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


def _workers_environ(folder: Path) -> dict[str, str]:
    """The worker's path is its package alone; Keras 2 where asked for; no files at home, no accelerator, no way out."""
    closed = "http://127.0.0.1:9"
    return {
        "PYTHONPATH": str(Path(__file__).parent),
        "PYTHONDONTWRITEBYTECODE": "1",
        "KERAS_BACKEND": "tensorflow",
        "KERAS_HOME": str(folder),
        "TF_USE_LEGACY_KERAS": "1",
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "CUDA_VISIBLE_DEVICES": "-1",
        **dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"), closed),
    }


def _last_lines(log: Path, count: int) -> list[str]:
    """What a program has last written, a line each."""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - (8 << 10)))
        lines = file.read().decode(errors="replace").splitlines()
    return list(deque((line.strip() for line in lines if line.strip()), maxlen=count))


OFFLINE = (
    "NewConnectionError",
    "Connection refused",
    "Name or service",
    "NameResolutionError",
    "Network is unreachable",
    "ProxyError",
    "timed out",
)


def _pips_reason(what: str, lines: Sequence[str]) -> str:
    """One sentence out of all that pip says."""
    errors = [line.removeprefix("ERROR: ") for line in lines if line.startswith("ERROR: ")]
    reason = errors[-1] if errors else lines[-1] if lines else "pip said nothing"
    if any(sign in line for line in lines for sign in OFFLINE):
        reason = f"no package index could be reached ({reason})"
    return f"{what} could not be installed: {reason[:300]}"
