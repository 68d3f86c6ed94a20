#!/bin/sh
# SPDX-License-Identifier: MIT
# Configures and builds a preset with INIH_SOURCE_DIR, and shows what its binary makes of an INI.
# usage: inih_source_test.sh PRESET
set -eu
cd "$(dirname "$0")/.."
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
mkdir "$directory/inih"

# A stand-in for inih's source: ini_parse_stream() for sections and NAME = VALUE, and no more.
cat >"$directory/inih/ini.h" <<'END'
#ifdef __cplusplus
extern "C" {
#endif
#define INI_MAX_LINE 200
typedef int (*ini_handler)(void* user, const char* section, const char* name, const char* value);
typedef char* (*ini_reader)(char* text, int size, void* stream);
int ini_parse_stream(ini_reader reader, void* stream, ini_handler handler, void* user);
#ifdef __cplusplus
}
#endif
END
cat >"$directory/inih/ini.c" <<'END'
#include "ini.h"
#include <stdio.h>
#include <string.h>

int ini_parse_stream(ini_reader reader, void* stream, ini_handler handler, void* user)
{
    char line[200], section[50] = "", name[50], value[200];
    while (reader(line, sizeof(line), stream)) {
        line[strcspn(line, ";#")] = '\0';
        if (sscanf(line, " [%49[^]]]", section) != 1 && sscanf(line, " %49[^= ] = %199[^\n]", name, value) == 2)
            handler(user, section, name, value);
    }
    return 0;
}
END

{
    cmake --preset "$1" -B "$directory/build" -D INIH_SOURCE_DIR="$directory/inih" -D BUILD_TESTING=OFF &&
        cmake --build "$directory/build"
} >"$directory/log" 2>&1 || {
    cat "$directory/log"
    exit 1
}
find "$directory/build" -name ini.c.o | grep . || {
    echo "it was not compiled from INIH_SOURCE_DIR"
    exit 1
}
"$directory/build/vfio-early" --version
python3 tests/golden_test.py "$directory/build/vfio-early" gtx1660ti-whole-card
