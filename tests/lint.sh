#!/bin/sh
# usage: lint.sh format|tidy|shell BUILD_DIRECTORY, from the project's directory
set -eu

need() {
    command -v "$1" >/dev/null || {
        echo "skipped: $1 is not installed"
        exit 77
    }
}

case "$1" in
format)
    need clang-format
    git ls-files -z '*.h' '*.cpp' | xargs -0 clang-format --dry-run -Werror
    ;;
tidy)
    need run-clang-tidy
    run-clang-tidy -quiet -p "$2" "$PWD/src/.*" 2>/dev/null
    ;;
shell)
    need shellcheck
    # Everything that begins like a shell script, whatever its name.
    git ls-files | while read -r file; do
        head -n 1 "$file" | grep -qE '^#!(/usr)?/bin/(ba|a)?sh' && echo "$file"
    done | xargs shellcheck
    ;;
esac
