# SPDX-License-Identifier: MIT
# Completion of vfio-early's command line for bash, with bash-completion.

# Offers those of the words that begin with what is typed; a pattern that no file matched is none.
_vfio_early_offer() {
    local word
    for word; do
        [[ $word != "$cur"* || $word == *'*'* ]] || COMPREPLY+=("$word")
    done
}

# The devices below $root, without the domain where that is 0000; who types a domain gets it.
_vfio_early_offer_devices() {
    local -a addresses=("$root"/sys/bus/pci/devices/*:*)
    addresses=("${addresses[@]##*/}")
    _vfio_early_offer "${addresses[@]#0000:}"
    ((${#COMPREPLY[@]})) || _vfio_early_offer "${addresses[@]}"
    # For readline a colon ends a word: it puts a whole address behind the colon that is there.
    __ltrim_colon_completions "$cur"
}

# The kernels that are installed below $root.
_vfio_early_offer_kernels() {
    local -a kernels=("$root"/lib/modules/*)
    _vfio_early_offer "${kernels[@]##*/}"
}

# The labels of the configuration.
_vfio_early_offer_labels() {
    local line section
    while read -r line || [[ $line ]]; do
        if [[ $line =~ ^\[([a-z]*)\] ]]; then
            section=${BASH_REMATCH[1]}
        elif [[ $section == @(bind|stub) && $line =~ ^([[:alnum:]._-]+)[[:space:]]*= ]]; then
            _vfio_early_offer "${BASH_REMATCH[1]}"
        fi
    done 2>/dev/null <"$root$config"
}

_vfio_early() {
    local cur prev words cword
    _init_completion -n := || return
    if [[ $cur == --*=* ]]; then
        prev=${cur%%=*}
        cur=${cur#*=}
    fi

    # What the words in front of this one say.
    local root='' config=/etc/vfio-early.ini command='' has_word='' i
    for ((i = 1; i < cword; ++i)); do
        case ${words[i]} in
        --root=*) root=${words[i]#*=} ;;
        --root) root=${words[++i]} ;;
        --config=*) config=${words[i]#*=} ;;
        --config) config=${words[++i]} ;;
        --for | --kernel | --write-facts) ((++i)) ;;
        -*) ;;
        *)
            has_word=$command
            command=${command:-${words[i]}}
            ;;
        esac
    done
    [[ $config == /* ]] || config=$PWD/$config

    case $prev in
    --config | --write-facts)
        _filedir
        return
        ;;
    --root)
        _filedir -d
        return
        ;;
    --kernel)
        _vfio_early_offer_kernels
        return
        ;;
    --for)
        _vfio_early_offer libvirt qemu proxmox
        return
        ;;
    esac

    if [[ $cur == -* ]]; then
        _vfio_early_offer --config --root --json --help --version
        case $command in
        list) _vfio_early_offer --all --anonymous ;;
        suggest) _vfio_early_offer --by-path --for --from-running ;;
        check) _vfio_early_offer --kernel --write-facts ;;
        bind) _vfio_early_offer --handover ;;
        release) _vfio_early_offer --force --handover ;;
        esac
        return
    fi

    case $command in
    '') _vfio_early_offer list why suggest check bind release accept ;;
    list | suggest) _vfio_early_offer_devices ;;
    why) [[ $has_word ]] || _vfio_early_offer_devices ;;
    bind | accept) _vfio_early_offer_labels ;;
    release)
        _vfio_early_offer_labels
        _vfio_early_offer_devices
        ;;
    esac
}
complete -F _vfio_early vfio-early
