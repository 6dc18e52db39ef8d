"""What Jupyter calls to start a kernel: a fork where it does the same, else an ordinary process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from typing import Any, cast

from jupyter_client.connect import KernelConnectionInfo
from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from bcsp_analysis.publish.kernels import client

LAUNCHER = ["-m", "ipykernel_launcher"]


class ForkProvisioner(LocalProvisioner):
    """Starts Python kernels by forking; everything after the start is Jupyter's own.

    Registered as ``bcsp-fork``; ``JUPYTER_DEFAULT_PROVISIONER_NAME=bcsp-fork`` chooses it for
    every kernel that names no other.
    """

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> KernelConnectionInfo:
        """Start the kernel that a command names; connection settings as Jupyter made them."""
        if cmd[0] == sys.executable and cmd[1:3] == LAUNCHER:
            try:
                # The server may still be importing: others go on meanwhile.
                forked = await asyncio.to_thread(_fork, cmd[3:], kwargs)
            except client.ForkError as error:
                self.log.info("an ordinary kernel: %s", error.found)
            else:
                self.process = cast("subprocess.Popen[bytes]", forked)
                self.pid = self.pgid = forked.pid
                self.cwd = kwargs.get("cwd") or os.getcwd()
                return self.connection_info
        return await super().launch_kernel(cmd, **kwargs)


def _fork(arguments: list[str], kwargs: dict[str, Any]) -> client.Forked:
    with open(os.devnull, "r+b") as nothing:
        streams = [
            nothing.fileno(),
            _number(kwargs.get("stdout"), 1, nothing.fileno()),
            _number(kwargs.get("stderr"), 2, nothing.fileno()),
        ]
        return client.fork(
            client.address(),
            f"{__name__}:run",
            [os.path.expanduser(argument) for argument in arguments],
            streams,
            folder=str(kwargs.get("cwd") or os.getcwd()),
            environment=kwargs.get("env"),
        )


def _number(stream: Any, inherited: int, nothing: int) -> int:
    """File descriptor of a kernel's stream, as `subprocess` would choose it."""
    if stream is None:
        return inherited
    if stream == subprocess.DEVNULL:
        return nothing
    if isinstance(stream, int):
        if stream < 0:
            raise client.ForkError("no fork", found="its output is wanted through a pipe")
        return stream
    return int(stream.fileno())


def run(arguments: list[str]) -> None:
    """Be a kernel, in a process that has just been forked."""
    import ipykernel_launcher
    from ipykernel.kernelapp import IPKernelApp

    parent = str(os.getppid())
    os.environ["JPY_PARENT_PID"] = parent
    sys.argv = [ipykernel_launcher.__file__, *arguments]
    # Its default was taken from the environment when ipykernel was imported.
    IPKernelApp.launch_instance([*arguments, f"--IPKernelApp.parent_handle={parent}"])
