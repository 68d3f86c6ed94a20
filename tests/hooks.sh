# SPDX-License-Identifier: MIT
# Sourced by the tests of hooks that run them against stand-ins.
kernel=6.12.1-test # that the image is for
failures=0 # read by who sources this
machine=$(mktemp -d)
trap 'rm -rf "$machine"' EXIT

# expect WHAT ACTUAL EXPECTED
expect() {
    if [[ $2 == "$3" ]]; then
        echo "passed: $1"
    else
        echo "failed: $1"
        diff <(echo "$2") <(echo "$3") | sed 's/^/  /'
        failures=$((failures + 1))
    fi
}

# Makes the directory $machine anew: a machine that runs, as a hook sees it, with an INI. Its binary is a stand-in that
# prints $check, and writes facts that say 'recorded' where check is asked for them and $check has no error.
check=
make_machine() {
    rm -rf "$machine"
    mkdir -p "$machine"/{proc/1/ns,run,etc,usr/bin,usr/sbin}
    ln -s / "$machine/proc/1/root"
    ln -s 'pid:[4026531836]' "$machine/proc/1/ns/pid"
    printf 'HOME=/\0TERM=linux\0' >"$machine/proc/1/environ"
    echo '[bind]' >"$machine/etc/vfio-early.ini"
    cat >"$machine/usr/bin/vfio-early" <<'END'
#!/bin/sh
echo "asked $*" >&3
[ -z "$check" ] || echo "$check" >&2
case "$check" in
vfio-early:*) exit 2 ;;
esac
[ "$1 $2 $4" = "check --kernel --write-facts" ] && echo recorded >"$5"
exit 1
END
    chmod +x "$machine/usr/bin/vfio-early"
    cp "$machine/usr/bin/vfio-early" "$machine/usr/sbin/vfio-early"
}

# hook_text FILE: the text of a hook, for the machine in $machine
hook_text() {
    sed -E -e "s#/(proc/1/|run/\.containerenv|\.dockerenv|etc/vfio-early|usr/s?bin/vfio-early)#$machine&#g" "$1"
}

# on_machine COMMAND...: what it prints, with the paths that the machine itself would print; what its binary was asked too
on_machine() {
    check=$check "$@" 3>&1 2>&1 | sed "s|$machine||g"
}

# facts_of COMMAND: what comes of the facts when this command makes an image: what the binary was asked, the calls that
# carry the file into the image, the status, and what is in the file afterwards
facts_of() {
    on_machine "$1" | grep -E '^asked|vfio-early\.facts$|cannot be written|^status'
    cat "$machine/etc/vfio-early.facts" 2>/dev/null
}

# expect_facts COMMAND CARRIED: the same for every generator. COMMAND makes an image and prints what it calls, CARRIED is
# the call that carries the facts into the image.
expect_facts() {
    local asked="asked check --kernel $kernel --write-facts /etc/vfio-early.facts" mark
    make_machine
    expect "on the machine itself the lines are recorded, and carried into the image" "$(facts_of "$1")" "$asked
$2
status 0
recorded"
    make_machine
    printf 'HOME=/\0PATH=container=podman\0' >"$machine/proc/1/environ"
    expect "only a variable of that name is the mark of a container" "$(facts_of "$1" | grep asked)" "$asked"
    make_machine
    rm "$machine/proc/1/environ"
    expect "an environment that cannot be read is no mark, and nothing is said of it" \
        "$(on_machine "$1" | grep 'environ')" ""
    for mark in "rm proc/1/root; ln -s /proc proc/1/root" "rm proc/1/root" \
        "rm proc/1/ns/pid; ln -s pid:[4026532201] proc/1/ns/pid" "rm proc/1/ns/pid" \
        "touch run/.containerenv" "touch .dockerenv" "printf 'HOME=/\0container=lxc\0' >proc/1/environ"; do
        make_machine
        (cd "$machine" && eval "$mark")
        expect "in a chroot or a container nothing is recorded: $mark" "$(facts_of "$1")" "status 0"
        echo old >"$machine/etc/vfio-early.facts"
        expect "... and what is there is carried into the image" "$(facts_of "$1")" "$2
status 0
old"
    done
    make_machine
    echo old >"$machine/etc/vfio-early.facts"
    check="vfio-early: /etc/vfio-early.facts cannot be written: Read-only file system"
    expect "facts that cannot be written are warned of, and those that are there are carried" \
        "$(facts_of "$1" | sed 's/^.*vfio-early: /warned /')" "$asked
warned /etc/vfio-early.facts cannot be written: Read-only file system
$2
status 0
old"
    check="vfio-early: /etc/vfio-early.ini:2: unknown option 'x'"
    expect "an INI with an error changes nothing" "$(facts_of "$1")" "$asked
$2
status 0
old"
    check=
}

make_machine
