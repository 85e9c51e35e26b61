"""Runs a command that may hang, crash, print or allocate without end."""

import os
import select
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import confine

CONFINE = [sys.executable, "-I", "-S", confine.__file__]
MOST_MEMORY = 2 << 30  # bytes, of the command and all its children; the sanitizers need some hundred MiB
MOST_PROCESSES = 100
MOST_OUTPUT = 100_000  # bytes that we read


@dataclass
class Ended:
    output: str
    exit_code: int
    stopped: str = ""  # why we ended it; empty if it ended by itself


def can_be_alone() -> bool:
    """True if the system permits namespaces."""
    return subprocess.run([*CONFINE, "--alone", "true"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode == 0


def run(command: list[str], seconds: float, alone: bool = False, **how) -> Ended:
    """Runs `command` and waits until it ends, for at most `seconds`; `how` is for subprocess.Popen."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([*CONFINE, *["--alone"] * alone, *command], stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **how)
        try:
            stopped = watch(process.pid, seconds)
        finally:  # also after Ctrl-C
            kill_all(process.pid)
            process.wait()
        output.seek(max(0, output.seek(0, os.SEEK_END) - MOST_OUTPUT))
        return Ended(output.read().decode(errors="replace"), process.returncode, stopped)


def watch(pid: int, seconds: float) -> str:
    """Waits until the process ends, and returns an empty string. If it must be stopped, returns the reason."""
    deadline = time.monotonic() + seconds
    end = os.pidfd_open(pid)
    try:
        while not select.select([end], [], [], 0.2)[0]:
            processes = family(pid)
            if time.monotonic() > deadline:
                return f"it took more than {seconds:.0f} s"
            if len(processes) > MOST_PROCESSES:
                return f"it started more than {MOST_PROCESSES} processes"
            if sum(map(memory, processes)) > MOST_MEMORY:
                return f"it used more than {MOST_MEMORY >> 20} MiB of memory"
    finally:
        os.close(end)
    return ""


def family(pid: int) -> set[int]:
    """The process, its descendants, and all processes of its session."""
    parents = {}
    found = {pid}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            except OSError:  # it has ended
                continue
            parents[int(entry.name)] = int(fields[1])
            if int(fields[3]) == pid:
                found.add(int(entry.name))
    size = 0
    while size != len(found):
        size = len(found)
        found |= {child for child, parent in parents.items() if parent in found}
    return found


def memory(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def kill_all(pid: int) -> None:
    """Ends the family. Its first process is not reaped yet, so its number belongs to no other process."""
    members = family(pid)
    for member in members:
        try:
            os.kill(member, signal.SIGKILL)
        except ProcessLookupError:
            pass
    deadline = time.monotonic() + 5  # the kernel needs a moment to end them
    while any(map(runs, members)) and time.monotonic() < deadline:
        time.sleep(0.01)


def runs(pid: int) -> bool:
    try:
        return (Path(f"/proc/{pid}") / "stat").read_text(errors="replace").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
