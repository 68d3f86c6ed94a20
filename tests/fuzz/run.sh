#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: tests/fuzz/run.sh SECONDS BUILD_DIRECTORY [TARGET]
# Lets libFuzzer try each target for so many seconds, one target on each processor. What it learned stays in
# BUILD_DIRECTORY/corpus for the next time, and what it found in BUILD_DIRECTORY/found: that goes to
# tests/fuzz/regressions/TARGET when it is mended.
set -eu
seconds=$1
build=$2
here=$(dirname "$0")

# executions LOG: how many inputs were tried
executions() {
    sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$1"
}

if [ $# = 2 ]; then
    for program in "$build"/tests/fuzz/fuzz-*; do
        [ ! -f "$program" ] || [ ! -x "$program" ] || echo "${program##*/fuzz-}"
    done | xargs -P "$(nproc)" -n 1 "$0" "$seconds" "$build"
    exit
fi

name=$3
mkdir -p "$build/corpus/$name" "$build/found/$name"
inputs=$build/corpus/$name
for kind in seeds corpus regressions; do
    [ ! -d "$here/$kind/$name" ] || inputs="$inputs $here/$kind/$name"
done
# shellcheck disable=SC2086 # one argument a directory
if "$build/tests/fuzz/fuzz-$name" -max_total_time="$seconds" -max_len=4096 -timeout=60 \
    -dict="$here/vfio-early.dict" -artifact_prefix="$build/found/$name/" $inputs >"$build/$name.log" 2>&1; then
    echo "$name: $(executions "$build/$name.log") inputs, nothing found"
else
    echo "$name: something was found, see $build/$name.log:"
    tail -n 30 "$build/$name.log"
    exit 1
fi
