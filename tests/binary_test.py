#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The shipped binary is static, stripped and small. usage: binary_test.py BINARY"""

import os
import struct
import sys

# 128 KiB is what it should have; the commands that look before the boot brought it above that.
LARGEST = 184 * 1024
PT_INTERP, PT_DYNAMIC = 3, 2
SHT_SYMTAB = 2


def headers(data, offset, count, size, form):
    return [struct.unpack_from(form, data, offset + i * size) for i in range(count)]


def main(path):
    size = os.path.getsize(path)
    with open(path, "rb") as file:
        data = file.read()
    assert data[:5] == b"\x7fELF\x02", "no 64-bit ELF file"
    # Elf64_Ehdr, elf.h
    program_offset, section_offset = struct.unpack_from("<QQ", data, 32)
    program_size, program_count, section_size, section_count = struct.unpack_from("<HHHH", data, 54)
    program_types = [header[0] for header in headers(data, program_offset, program_count, program_size, "<I")]
    section_types = [header[1] for header in headers(data, section_offset, section_count, section_size, "<II")]
    wrong = []
    if PT_INTERP in program_types or PT_DYNAMIC in program_types:
        wrong.append("it is not statically linked")
    if SHT_SYMTAB in section_types:
        wrong.append("it is not stripped")
    if size > LARGEST:
        wrong.append(f"it has {size} bytes, and {LARGEST} is the most")
    print("\n".join(wrong) or f"static, stripped, {size} of {LARGEST} bytes")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
