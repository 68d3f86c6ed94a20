#!/bin/sh
# SPDX-License-Identifier: MIT
# Builds the preset `distro`, looks at what a distribution's reviewers look at, and runs its binary.
set -eu
cd "$(dirname "$0")/.."
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
binary=$directory/build/vfio-early

# Without flags of the caller's own, which would take the place of the distribution's.
{
    env -u CXXFLAGS -u CPPFLAGS -u LDFLAGS cmake --preset distro -B "$directory/build" -D BUILD_TESTING=OFF &&
        cmake --build "$directory/build"
} >"$directory/log" 2>&1 || {
    cat "$directory/log"
    exit 1
}
LC_ALL=C readelf --wide --file-header --program-headers --dynamic --dyn-syms "$binary" >"$directory/elf"

grep -o -m 1 '_FORTIFY_SOURCE=[0-9]' "$directory/build/build.ninja" >>"$directory/elf" || :

failures=0
# expect WHAT PATTERN; expect_none WHAT PATTERN
expect() {
    grep -qE "$2" "$directory/elf" || {
        echo "failed: $1"
        failures=$((failures + 1))
    }
}
expect_none() {
    ! grep -E "$2" "$directory/elf" || {
        echo "failed: $1"
        failures=$((failures + 1))
    }
}
expect "it is dynamically linked" 'INTERP'
expect "it is position-independent" 'FLAGS_1.*PIE'
expect "symbols are bound when it starts" 'FLAGS_1.*NOW'
expect "relocated data are read-only" 'GNU_RELRO'
expect "the stack is protected" '__stack_chk_fail'
expect "it is built with checks of the C library's functions" '_FORTIFY_SOURCE'
expect "it links inih's shared library" 'NEEDED.*libinih\.so'
expect "it links the C library" 'NEEDED.*libc\.so'
expect_none "nothing else has to be in the initramfs" 'NEEDED.*lib(stdc|gcc|m\.)'

python3 tests/golden_test.py "$binary"
python3 tests/cli_test.py "$binary"
exit $((failures > 0))
