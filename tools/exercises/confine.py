#!/usr/bin/env python3
"""confine.py [--alone] COMMAND...: runs COMMAND with limits, for checks of programs that we have not seen.

With --alone, COMMAND also runs without other processes, and with loopback as its only network. If the system does
not permit that, nothing runs, and the exit code is CANNOT. Otherwise it is the exit code of COMMAND.
"""

import collections
import ctypes
import fcntl
import os
import resource
import socket
import struct
import sys

CANNOT = 125
PROCESSOR_SECONDS = 60
FILE_BYTES = 64 << 20
CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x20000, 0x10000000, 0x20000000, 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER, SIGKILL = 1, 36, 9

Process = collections.namedtuple("Process", "pid parent session")


def processes() -> list[Process]:
    """The processes that have not ended."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat", errors="replace") as file:
                    state, parent, _, session = file.read().rpartition(")")[2].split()[:4]
            except (OSError, ValueError):  # it has ended
                continue
            if state != "Z":
                found.append(Process(int(entry), int(parent), int(session)))
    return found


def limit(what: int, most: int) -> None:
    _, hard = resource.getrlimit(what)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(what, (most, most))


def system(result: int) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))


def leave_the_others() -> None:
    """Enters new namespaces. In them this process is root, its next child is process 1, and the only network is loopback."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    system(libc.unshare(CLONE_NEWUSER | CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS))
    for name, line in (("setgroups", "deny"), ("uid_map", f"0 {user} 1"), ("gid_map", f"0 {group} 1")):
        with open(f"/proc/self/{name}", "w") as file:
            file.write(line)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        up = struct.pack("16sh", b"lo", 1)  # IFF_UP
        fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS


def run_as_first_process(command: list[str]) -> int:
    """Process 1 of the namespace: when it ends, the kernel ends all others. It needs /proc of its own."""
    child = os.fork()
    if child == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(PR_SET_PDEATHSIG, SIGKILL)
        try:
            system(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None))
            system(libc.mount(b"proc", b"/proc", b"proc", 0, None))
        except OSError:
            os._exit(CANNOT)
        # The command is not process 1 itself: that one has no default action for signals.
        os._exit(exit_code(os.spawnvp(os.P_WAIT, command[0], command)))
    return exit_code(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def run_and_end_all(command: list[str]) -> int:
    """Also ends what the command has left behind: orphans become children of this process."""
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1)
    code = exit_code(os.spawnvp(os.P_WAIT, command[0], command))
    while True:
        for process in processes():
            if process.parent == os.getpid():
                os.kill(process.pid, SIGKILL)
        try:
            os.waitpid(-1, 0)
        except ChildProcessError:  # there are no more
            return code


def exit_code(status: int) -> int:
    return status if status >= 0 else 128 - status


def main(arguments: list[str]) -> int:
    limit(resource.RLIMIT_CPU, PROCESSOR_SECONDS)
    limit(resource.RLIMIT_FSIZE, FILE_BYTES)
    limit(resource.RLIMIT_CORE, 0)
    if arguments[0] != "--alone":
        return run_and_end_all(arguments)
    try:
        leave_the_others()
    except OSError:
        return CANNOT
    return run_as_first_process(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
