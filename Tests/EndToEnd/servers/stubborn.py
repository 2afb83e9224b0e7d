"""Ignores every polite way of being asked to leave, and has a child that does the same in a session of its own."""

import os
import signal
import subprocess
import time

import wire

for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
    signal.signal(number, signal.SIG_IGN)

grandchild = subprocess.Popen(["sleep", "600"], start_new_session=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)


def call(name, arguments, request):
    return wire.text(f"{os.getpid()} {grandchild.pid}")


wire.serve([wire.tool("pids")], call)
while True:  # the end of input is no reason to go
    time.sleep(60)
