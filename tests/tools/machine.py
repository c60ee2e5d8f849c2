# SPDX-License-Identifier: MIT
"""A machine for tests: serves ssh at a socket of its own, and runs the commands that it is sent.

    python3 machine.py HOST_KEY SOCKET

The socket is a file, so that tests need no network: nc(1) connects ssh to it.
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


def forward(descriptor: int, send) -> None:
    """Sends everything that can be read."""
    while piece := os.read(descriptor, 4096):
        send(piece)


def execute(channel: paramiko.Channel, command: bytes) -> None:
    """Runs a command as sshd does, by the user's shell."""
    with subprocess.Popen(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE) as process:
        errors = threading.Thread(target=forward, args=(process.stderr.fileno(), channel.sendall_stderr))
        errors.start()
        forward(process.stdout.fileno(), channel.sendall)
        errors.join()
        channel.send_exit_status(process.wait() % 256)
    channel.close()


def serve(key_name: str, socket_name: str) -> None:
    """Accepts logins until the process is killed."""
    key = paramiko.Ed25519Key(filename=key_name)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(socket_name + ".new")
        listener.listen()
        os.rename(socket_name + ".new", socket_name)
        while True:
            transport = paramiko.Transport(listener.accept()[0])
            transport.add_server_key(key)
            threading.Thread(target=transport.start_server, kwargs={"server": Session(key)}, daemon=True).start()


if __name__ == "__main__":
    serve(sys.argv[1], sys.argv[2])
