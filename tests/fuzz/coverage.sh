#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: tests/fuzz/coverage.sh BUILD_DIRECTORY
# Gives each target its seeds, its corpus and what was found before, and prints how much of each file of src/core they
# reach. The directory is one of the preset `coverage`.
set -eu
build=$1
here=$(dirname "$0")
programs=
for program in "$build"/tests/fuzz/fuzz-*; do
    name=${program##*/fuzz-}
    inputs=
    for directory in "$here"/*/"$name"; do
        [ ! -d "$directory" ] || inputs="$inputs $directory"
    done
    # shellcheck disable=SC2086 # one argument a directory
    LLVM_PROFILE_FILE=$build/$name.profraw "$program" $inputs >/dev/null
    programs="$programs -object $program"
done
llvm-profdata merge -o "$build/all.profdata" "$build"/*.profraw
# shellcheck disable=SC2086 # two arguments a program
llvm-cov report -instr-profile "$build/all.profdata" ${programs# -object} src/core
