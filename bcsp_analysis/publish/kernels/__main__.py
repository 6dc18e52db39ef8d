"""Run a command whose notebook kernels are forked from one server.

``python -m bcsp_analysis.publish.kernels pytest --nbval notebooks/*.ipynb``: whatever starts
kernels by way of Jupyter is served, in as many processes as the command has.
"""

import subprocess
import sys

from bcsp_analysis.errors import BcspError
from bcsp_analysis.publish.kernels import client


def main(command: list[str]) -> int:
    """Run a command, and return its exit code."""
    try:
        with client.serving() as reason:
            if reason:
                print(f"ordinary kernels: {reason}", file=sys.stderr)
            return subprocess.call(command)
    except BcspError as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
