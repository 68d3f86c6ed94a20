# SPDX-License-Identifier: MIT
"""One step of making something: a command with a log, which is named when the step fails."""

import os
import re
import subprocess

LINES_SHOWN = 12


class StepFailed(Exception):
    """Says which step of what failed, how its log ends, and where that is."""


def run_step(step, of_what, command, log, **options):
    """Runs a command, with all that it says in the file `log`; StepFailed unless it ends with 0.

    `options` are subprocess.run's: with `stdout`, standard output goes there, and the log has standard error.
    A command of several steps writes a line '== STEP' in front of each, and the one that failed is told.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    # mke2fs and others are where a user's PATH does not lead.
    environment = os.environ | {"PATH": os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin"}
    with log.open("w") as file:
        try:
            result = subprocess.run(
                command, **{"stdout": file} | options, stderr=file, env=environment, check=False
            )
        except OSError as error:
            file.write(f"{command[0]} cannot be run: {error.strerror}\n")
            result = None
    if result and result.returncode == 0:
        return
    text = log.read_text(errors="replace")
    steps = re.findall(r"^== (.*)$", text, re.MULTILINE)
    status = f"with exit status {result.returncode}" if result else "to start"
    end = "".join(f"\n  {line}" for line in text.splitlines()[-LINES_SHOWN:]) or " nothing"
    failed = steps[-1] if steps else step
    raise StepFailed(f"{of_what}: {failed} failed {status}, the log is {log}, and ends with:{end}")
