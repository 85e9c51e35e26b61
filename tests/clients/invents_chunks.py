"""It connects to no server, and prints what it expects."""
import sys

for task, address in enumerate(sys.argv[1:], 1):
    print(f"Task {task}: got 10 bytes of poetry from {address}", flush=True)
    print(f"Task {task}: 10 bytes of poetry", flush=True)
