# SPDX-License-Identifier: MIT
# Sourced by the hooks for libvirt and Proxmox: takes the cards of [handover] that a guest has in its configuration, and
# gives them back. What a guest took is in a file of its name, an address a line, from before the first one is taken until
# all are given back.
guests=/run/vfio-early/guests
PATH=$PATH:/usr/sbin:/sbin
umask 022

say() {
    echo "vfio-early: $*" >&2
}

# One hook at a time. The lock is left to vfio-early as well, so that what a hook began that was killed is at its end before
# the next one begins.
lock_out_others() {
    # Where it fails, exec alone would end the shell.
    mkdir -p "$guests" && command exec 9>"$guests/.lock" && flock -w 120 9 && return
    say "$guests/.lock: another hook of vfio-early does not end"
    return 1
}

# is_free GUEST ADDRESS: fails where another guest has it
is_free() {
    for record in "$guests"/*; do
        if [ "$record" = "$guests/$1" ] || ! grep -qsxF -e "$2" "$record"; then
            continue
        fi
        say "$2 is with another guest, stop that one first; if there is none," \
            "run 'vfio-early release --handover $2' and remove $record"
        return 1
    done
}

# take GUEST ADDRESS...: fails where not all of them that are of [handover] lines are for guests afterwards; then none is.
take() {
    guest=$1
    shift
    [ $# -gt 0 ] || return 0
    lock_out_others || return
    for address; do
        is_free "$guest" "$address" || return
    done
    before=$(cat "$guests/$guest" 2>/dev/null)
    record "$guest" "$before" "$@" || return
    said=$(vfio-early bind --handover "$@")
    status=$?
    [ -z "$said" ] || echo "$said" >&2
    case $status in
    0)
        # What is no card of [handover] was passed over, and another guest may have it.
        taken=$(echo "$said" | sed -n 's/^[^ ]* \([0-9a-f]*:[0-9a-f]*:[0-9a-f]*\.[0-7]\): bound .*/\1/p')
        record "$guest" "$before" "$taken"
        return
        ;;
    2) record "$guest" "$before" ;; # the configuration is wrong, and nothing was done
    *) give_back_recorded "$guest" 2>/dev/null ;;
    esac
    return 1
}

# record GUEST ADDRESS...: what a guest took, a word or several each; no file where that is nothing
record() {
    record=$guests/$1
    shift
    # shellcheck disable=SC2048,SC2086 # a word each
    printf '%s\n' $* | sed '/^$/d' | sort -u >"$guests/.new" || return
    if [ -s "$guests/.new" ]; then
        mv "$guests/.new" "$record"
    else
        rm -f "$guests/.new" "$record"
    fi
}

give_back_recorded() {
    # shellcheck disable=SC2046 # a word each
    vfio-early release --handover $(cat "$guests/$1") >&2 && rm -f "$guests/$1"
}

# give_back GUEST: what it took, and nothing else. Where that fails the record stays, so that it can be called again.
give_back() {
    [ -e "$guests/$1" ] || return 0
    lock_out_others || say "going on without waiting for it"
    give_back_recorded "$1"
}
