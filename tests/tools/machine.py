# SPDX-License-Identifier: MIT
"""A machine for tests: serves ssh on a port of its own, and runs the commands that it is sent.

    python3 machine.py HOST_KEY PORT_FILE

The server of OpenSSH would do, but its package starts a service on the computer that runs the tests.
Only the owner of HOST_KEY may log in: it is also the key of the user.
"""

import os
import socket
import subprocess
import sys
import threading

import paramiko


class Session(paramiko.ServerInterface):
    """One login."""

    def __init__(self, key: paramiko.PKey) -> None:
        self.key = key

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED if kind == "session" else paramiko.OPEN_FAILED_ADMINISTRATIVELY_PROHIBITED

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key == self.key else paramiko.AUTH_FAILED

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        threading.Thread(target=execute, args=(channel, command), daemon=True).start()
        return True

    def check_channel_env_request(self, channel: paramiko.Channel, name: bytes, value: bytes) -> bool:
        return False


def forward(read_end, send) -> None:
    """Sends what a command prints."""
    while piece := os.read(read_end.fileno(), 4096):
        send(piece)


def execute(channel: paramiko.Channel, command: bytes) -> None:
    """Runs a command as sshd does, by the user's shell."""
    with subprocess.Popen(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        errors = threading.Thread(target=forward, args=(process.stderr, channel.sendall_stderr))
        errors.start()
        forward(process.stdout, channel.sendall)
        errors.join()
        channel.send_exit_status(process.wait() % 256)
    channel.close()


def main() -> None:
    """Accepts logins until the process is killed."""
    key = paramiko.Ed25519Key(filename=sys.argv[1])
    with socket.create_server(("127.0.0.1", 0)) as listener:
        with open(sys.argv[2] + ".new", "w", encoding="ascii") as file:
            file.write(f"{listener.getsockname()[1]}\n")
        os.rename(sys.argv[2] + ".new", sys.argv[2])
        while True:
            transport = paramiko.Transport(listener.accept()[0])
            transport.add_server_key(key)
            threading.Thread(target=transport.start_server, kwargs={"server": Session(key)}, daemon=True).start()


if __name__ == "__main__":
    main()
