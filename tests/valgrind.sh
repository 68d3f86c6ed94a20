#!/bin/sh
# SPDX-License-Identifier: MIT
# usage: tests/valgrind.sh DIRECTORY BINARY
# The unit tests below DIRECTORY, a build without sanitizers, and what is tested of BINARY, the one that is shipped, once
# under valgrind's memcheck. It sees no heap there, as there is none, but memory that was never written, and addresses that
# are nobody's, in what is computed and in what is handed to the kernel. DIRECTORY/memcheck has a log for each process, and
# one with something in it is a complaint.
set -eu
directory=$(realpath "$1")
binary=$(realpath "$2")
here=$(dirname "$0")
out=$directory/memcheck
program=$out/vfio-early
valgrind=valgrind

# complaints: the logs that have something to say; that it cannot go on where a program cannot be started is about valgrind
complaints() {
    find "$out/logs" -type f -size +0 -exec grep -L 'EXEC FAILED' {} +
}

# make_program: what runs the binary under valgrind, and passes for it
make_program() {
    rm -rf "$out/logs"
    mkdir -p "$out/logs"
    chmod 1777 "$out/logs" # some tests run it as another user
    # Another process of ours is a fork, and valgrind follows those.
    cat >"$program" <<END
#!/bin/sh
exec $valgrind -q --error-exitcode=99 --log-file=$out/logs/%p.log ${binary} "\$@"
END
    chmod 755 "$program"
}

# does_know_openat2: valgrind 3.24 does, and 3.19 does not: of a run that cannot open anything it has nothing to say
does_know_openat2() {
    make_program
    "$program" list --root / >/dev/null 2>&1 || true
    ! grep -rq 'syscall: 437' "$out/logs"
}

if ! does_know_openat2; then
    [ -d "$out/root" ] || mmdebstrap --variant=extract --include=valgrind trixie "$out/root"
    valgrind="env VALGRIND_LIB=$out/root/usr/libexec/valgrind $out/root/usr/bin/valgrind"
    make_program
fi

failed=0
# run NAME COMMAND...
run() {
    name=$1
    shift
    if "$@" >"$out/$name.log" 2>&1; then
        echo "passed: $name"
    else
        echo "FAILED: $name, see $out/$name.log"
        failed=1
    fi
}

for test in "$directory"/tests/*_test; do
    case ${test##*/} in
    # A full vector is a bug, and ends a process on purpose; there is a fork for each system call of many runs.
    base-fixed_vector_test | fault_test) continue ;;
    esac
    # shellcheck disable=SC2086 # several words
    run "${test##*/}" $valgrind -q --error-exitcode=99 --log-file="$out/logs/%p.log" "$test"
done
export UNDER_VALGRIND=yes
for test in golden cli list handover release schema why suggest status; do
    run $test python3 "$here/${test}_test.py" "$program"
done
run random_machines python3 "$here/random_machines_test.py" "$program" 200
run random_changes python3 "$here/random_changes_test.py" "$program" 100

echo "$(find "$out/logs" -type f | wc -l) processes, $(complaints | wc -l) with complaints:"
complaints
[ "$failed" = 0 ] && [ -z "$(complaints)" ]
