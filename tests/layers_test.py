#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Looks at the undefined symbols of the libraries: dependencies point one way, and only sys and cli reach the system.

usage: layers_test.py NM DIRECTORY    where libbase.a, libcore.a and libsys.a are
"""

import re
import subprocess
import sys

LAYERS = ["base", "core", "sys"]

# What base and core may ask of others: memory and text functions of the C library, the INI parser that is given the
# text, and what the compiler and its sanitizers put in. Nothing here opens, reads, writes or looks at a clock.
PURE = re.compile(
    r"^(mem(cmp|cpy|move|set|chr)|str(len|chrnul)|ini_parse_stream"
    r"|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail|__(asan|ubsan|odr_asan)\w*|_ZSt\w+|_ZNSt\w+|_ZNKSt\w+|_Unwind_Resume)$"
)


def symbols(nm, library):
    """Names that the library defines, and names that it asks of others."""
    defined, undefined = set(), set()
    output = subprocess.run([nm, library], capture_output=True, text=True, check=True).stdout
    for line in output.splitlines():
        match = re.match(r"^[0-9a-f ]{16} (\w) (\S+)$", line)
        if match:
            (undefined if match[1] in "Uw" else defined).add(match[2])
    return defined, undefined - defined


def main(nm, directory):
    known = set()
    wrong = []
    for layer in LAYERS:
        defined, undefined = symbols(nm, f"{directory}/lib{layer}.a")
        if not defined:
            wrong.append(f"{layer}: no symbols found, so nothing was tested")
        for name in sorted(undefined - known):
            if "vfio_early" in name:
                wrong.append(f"{layer} uses {name}, which is in no layer below it")
            elif layer != "sys" and not PURE.match(name):
                wrong.append(f"{layer} uses {name}, and must not reach the system")
        known |= defined
    print("\n".join(wrong) or f"{', '.join(LAYERS)}: each uses only what is below it")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
