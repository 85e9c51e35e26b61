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


def run(command: list[str], seconds: float, alone: bool = False, confined: bool = True, **how) -> Ended:
    """Runs `command` and waits until it ends, for at most `seconds`; `how` is for subprocess.Popen. Without
    `confined`, only the time is limited."""
    with tempfile.TemporaryFile() as output:
        process = subprocess.Popen([*CONFINE * confined, *["--alone"] * alone, *command], stdin=subprocess.DEVNULL,
                                   stdout=output, stderr=subprocess.STDOUT, start_new_session=True, **how)
        try:
            stopped = watch(process.pid, seconds, confined)
        finally:  # also after Ctrl-C
            kill_all(process.pid)
            process.wait()
        output.seek(max(0, output.seek(0, os.SEEK_END) - MOST_OUTPUT))
        return Ended(output.read().decode(errors="replace"), process.returncode, stopped)


def watch(pid: int, seconds: float, confined: bool) -> str:
    """Waits until the process ends, and returns an empty string. If it must be stopped, returns the reason."""
    deadline = time.monotonic() + seconds
    end = os.pidfd_open(pid)
    try:
        while not select.select([end], [], [], 0.2)[0]:
            if time.monotonic() > deadline:
                return f"it took more than {seconds:.0f} s"
            if not confined:
                continue
            processes = family(pid)
            if len(processes) > MOST_PROCESSES:
                return f"it started more than {MOST_PROCESSES} processes"
            if sum(map(memory, processes)) > MOST_MEMORY:
                return f"it used more than {MOST_MEMORY >> 20} MiB of memory"
    finally:
        os.close(end)
    return ""


def family(pid: int) -> set[int]:
    """The process, its descendants, and all processes of its session."""
    running = confine.processes()
    found = {pid} | {one.pid for one in running if one.session == pid}
    size = 0
    while size != len(found):
        size = len(found)
        found |= {one.pid for one in running if one.parent in found}
    return found


def memory(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def kill_all(pid: int) -> None:
    """Ends the family, its first process last: until then, it is the parent of orphans."""
    deadline = time.monotonic() + 5  # the kernel needs a moment to end them
    while time.monotonic() < deadline:
        running = {one.pid for one in confine.processes()}
        members = (family(pid) & running) - {pid}
        if not members:
            break
        kill(members)
        time.sleep(0.01)
    kill({pid})


def kill(processes: set[int]) -> None:
    for process in processes:
        try:
            os.kill(process, signal.SIGKILL)
        except ProcessLookupError:
            pass
