#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: lint.sh format|tidy|shell|manual|version|license|packages BUILD_DIRECTORY, from the project's directory
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
manual)
    need mandoc
    # STYLE, of other manuals that this machine may not have, is not looked at.
    mandoc -T lint -W warning docs/*.[1-9]
    ;;
version)
    need git
    # The version is in CMakeLists.txt and nowhere else.
    version=$(sed -n 's/^project(.* VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
    # RESULTS.md says what was measured, and inputs that are made up have what their makers had.
    places=$(git grep -nwF "$version" -- . ":!bench/RESULTS.md" ":!tests/fuzz")
    echo "$places"
    [ "${places%%:*}" = CMakeLists.txt ] && [ "$(echo "$places" | wc -l)" = 1 ]
    ;;
license)
    need git
    # Every source file says its license at its top.
    missing=$(git ls-files '*.h' '*.c' '*.cpp' '*.py' '*.sh' '*.cmake' '*CMakeLists.txt' '*Makefile' '*.service' '*.[1-9]' completions hooks dev .ci |
        while read -r file; do
            head -n 3 "$file" | grep -q 'SPDX-License-Identifier: MIT' || echo "$file"
        done)
    echo "$missing"
    [ -z "$missing" ]
    ;;
packages)
    need cpack
    need lintian
    need rpmbuild
    need rpmlint
    need man
    rules=$PWD/packaging/rpm/rpmlint.toml
    # In a directory of its own, as others use the packages of the build directory.
    rm -rf "$2/lint"
    mkdir "$2/lint"
    cd "$2"
    cpack -B "$2/lint" >lint/cpack.log 2>&1 || {
        cat lint/cpack.log
        exit 1
    }
    cd lint
    dpkg-deb --contents ./*.deb
    lintian --allow-root --fail-on error,warning ./*.deb
    rpmlint --strict -c "$rules" ./*.rpm
    dpkg-deb --extract ./*.deb installed
    for page in vfio-early.8 vfio-early.ini.5; do
        MANPATH=$PWD/installed/usr/share/man man --warnings "${page##*.}" "${page%.*}" >page 2>page.warnings || :
        cat page.warnings
        [ ! -s page.warnings ]
        grep -i "^${page%.*}(${page##*.})" page
    done
    ;;
shell)
    need shellcheck
    # Everything that begins like a shell script, whatever its name.
    git ls-files | while read -r file; do
        head -n 1 "$file" | grep -qE '^#!(/usr)?/bin/(ba|a)?sh' && echo "$file"
    done | xargs shellcheck --external-sources
    shellcheck --shell=sh hooks/guest.sh qemu-tests/overlay.sh packaging/rpm/post packaging/rpm/preun packaging/rpm/postun
    shellcheck --shell=bash tests/hooks.sh completions/vfio-early.bash
    ;;
esac
