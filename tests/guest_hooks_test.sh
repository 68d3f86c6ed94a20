#!/bin/bash
# SPDX-License-Identifier: MIT
# Runs the hooks for libvirt and Proxmox VE against stand-ins for vfio-early and qm: what they ask for, and when.
set -u
project=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/hooks.sh
. "$project/tests/hooks.sh"

# The stand-in prints what it is asked on descriptor 3, and what it would on its two outputs. It says which cards are with
# guests in $machine/bound, passes over those that $machine/others names, and fails where $machine/fails has the command.
make_host() {
    rm -rf "$machine"
    mkdir -p "$machine"/{bin,run,share/libvirt,share/proxmox,sys/bus/pci/devices,hooks}
    for file in guest.sh libvirt/vfio-early proxmox/vfio-early; do
        sed -e "s#/run/vfio-early#$machine/run/vfio-early#g" -e "s#/sys/bus#$machine/sys/bus#" \
            "$project/hooks/$file" >"$machine/share/$file"
        chmod +x "$machine/share/$file"
    done
    # As people enable them.
    ln -s "$machine/share/libvirt/vfio-early" "$machine/hooks/libvirt"
    ln -s "$machine/share/proxmox/vfio-early" "$machine/hooks/proxmox"
    for function in 0000:01:00.0 0000:01:00.1 0000:01:00.2 0000:02:00.0 10000:01:00.0; do
        mkdir "$machine/sys/bus/pci/devices/$function"
    done
    cat >"$machine/bin/vfio-early" <<'STAND_IN'
#!/bin/sh
echo "asked $*" >&3
echo "told on standard output"
sleep "$(cat "$MACHINE/takes" 2>/dev/null || echo 0)"
command=$1
shift 2
case "$(cat "$MACHINE/fails" 2>/dev/null)" in
*"$command"*)
    echo "vfio-early: gpu 0000:01:00.0: refused (in-use): process 7 (Xorg) has it" >&2
    exit 1
    ;;
esac
for address; do
    rm -f "$MACHINE/bound/$address"
    if grep -qsxF "$address" "$MACHINE/others"; then
        continue
    fi
    [ "$command" = release ] || echo "gpu $address: bound to vfio-pci (10de:2191, group 1)"
    [ "$command" = release ] || { mkdir -p "$MACHINE/bound" && : >"$MACHINE/bound/$address"; }
done
STAND_IN
    cat >"$machine/bin/qm" <<'STAND_IN'
#!/bin/sh
[ "$1" = config ] && cat "$MACHINE/qm-$2"
STAND_IN
    chmod +x "$machine"/bin/*
}

# hook HOOK ARGUMENT...: what it writes and asks, the status, and the records there are
hook() {
    local name=$1
    shift
    {
        MACHINE=$machine PATH=$machine/bin:$PATH "$machine/hooks/$name" "$@" 3>&1 2>&1 >"$machine/output"
        echo "status $?"
        # libvirt takes it for XML.
        sed 's/^/standard output: /' "$machine/output"
    } | sed -e "s|$machine||g" -e '/^told on standard output$/d' -e '/^gpu .*: bound /d' # in its place
    records
}

records() {
    local record
    for record in "$machine"/run/vfio-early/guests/*; do
        [ ! -e "$record" ] || echo "record ${record##*/}: $(tr '\n' ' ' <"$record")"
    done
}

bound() {
    ls "$machine/bound" 2>/dev/null
}

uuid=c7a5fdbd-edaf-9455-926a-d65c16db1809
other_uuid=4dea22b3-1d52-d8f3-2516-782e98ab3fa0

# domain UUID DEVICES [BEFORE]: XML as libvirt hands it to hooks
domain() {
    cat <<END_OF_XML
<domain type='kvm' id='3'>
  <name>win11</name>
  <uuid>$1</uuid>
${3:-}  <memory unit='KiB'>8388608</memory>
  <os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <boot dev='hd'/>
  </os>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2'/>
      <source file='/var/lib/libvirt/images/win11.qcow2'/>
      <target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>
    </disk>
    <controller type='pci' index='1' model='pcie-root-port'>
      <address type='pci' domain='0x0000' bus='0x00' slot='0x02' function='0x0' multifunction='on'/>
    </controller>
$2
    <memballoon model='virtio'>
      <address type='pci' domain='0x0000' bus='0x05' slot='0x00' function='0x0'/>
    </memballoon>
  </devices>
</domain>
END_OF_XML
}

# hostdev DOMAIN BUS SLOT FUNCTION: as libvirt writes it, at 06:00.0 of the guest
hostdev() {
    cat <<END_OF_XML
    <hostdev mode='subsystem' type='pci' managed='yes'>
      <driver name='vfio'/>
      <source>
        <address domain='0x$1' bus='0x$2' slot='0x$3' function='0x$4'/>
      </source>
      <alias name='hostdev0'/>
      <rom file='/usr/share/vgabios/card.rom'/>
      <address type='pci' domain='0x0000' bus='0x06' slot='0x00' function='0x0'/>
    </hostdev>
END_OF_XML
}

card=$(hostdev 0000 01 00 0; hostdev 0000 01 00 1)
took="record $uuid: 0000:01:00.0 0000:01:00.1 "
prepare() { domain "$@" | hook libvirt win11 prepare begin -; }
release() { domain "$@" | hook libvirt win11 release end -; }

test_libvirt() {
    make_host
    expect "prepare takes what the hostdevs name, and keeps a record" "$(prepare $uuid "$card")" "\
asked bind --handover 0000:01:00.0 0000:01:00.1
status 0
$took"
    expect "... and before the guest stops nothing is done" "$(
        for operation in "start begin" "started begin" "stopped end" "migrate begin" "restore begin" "reconnect begin" \
            "attach begin" "prepare end" "release begin" "start end" ""; do
            # shellcheck disable=SC2086 # two words
            domain $uuid "$card" | hook libvirt win11 $operation -
        done | sort | uniq -c
    )" "     11 $took
     11 status 0"
    expect "release gives back what the record has, whatever the XML has by then" \
        "$(release $uuid "$(hostdev 0000 02 00 0)")" "asked release --handover 0000:01:00.0 0000:01:00.1
status 0"
    expect "... and nothing is with a guest" "$(bound)" ""
    expect "a second release does nothing" "$(release $uuid "$card")" "status 0"
    expect "release of a guest that was never prepared does nothing" "$(release $other_uuid "$card")" "status 0"

    local usb='    <hostdev mode="subsystem" type="usb" managed="yes">
      <source><vendor id="0x046d"/><product id="0xc52b"/><address bus="1" device="4"/></source>
    </hostdev>
    <hostdev mode="subsystem" type="scsi"><source><adapter name="scsi_host0"/><address bus="0" target="0" unit="0"/></source></hostdev>
    <hostdev mode="subsystem" type="mdev" model="vfio-pci"><source><address uuid="c2177883-f1bb-47f0-914d-32a22e3a8804"/></source></hostdev>'
    expect "a guest without hostdevs asks for nothing" "$(prepare $uuid "")" "status 0"
    expect "USB, SCSI and mediated devices have no address on PCI" "$(prepare $uuid "$usb")" "status 0"
    expect "a function of a NIC and a disk of NVMe are given by their address too" "$(prepare $uuid "
    <interface type='hostdev' managed='yes'>
      <mac address='52:54:00:6d:90:02'/>
      <source>
        <address type='pci' domain='0x0000' bus='0x02' slot='0x10' function='0x7'/>
      </source>
      <address type='pci' domain='0x0000' bus='0x07' slot='0x00' function='0x0'/>
    </interface>
    <disk type='nvme' device='disk'><source type='pci' managed='yes' namespace='1'><address domain='0x0000' bus='0x03' slot='0x00' function='0x0'/></source></disk>
$usb" | head -n 1)" "asked bind --handover 0000:02:10.7 0000:03:00.0"
    make_host
    expect "domains have as many digits as they need" "$(prepare $uuid "$(hostdev 10000 e1 1f 7)" | head -n 1)" \
        "asked bind --handover 10000:e1:1f.7"
    make_host
    expect "what only looks like a hostdev is none" "$(prepare $uuid "$card" "  <title>&lt;hostdev&gt;</title>
  <description>a &lt;uuid&gt;$other_uuid&lt;/uuid&gt;
   <![CDATA[ <devices><hostdev><source><address slot='0x00'/> ]] ]>]]></description>
  <metadata>
    <x:note xmlns:x='http://example.org/' text=\"/&gt; it's > 1\">
      <!-- <uuid>$other_uuid</uuid>
        <hostdev><source><address domain='0x0000' bus='0x09' slot='0x00' function='0x0'/></source></hostdev> --><?note <uuid/> ?>
      <domain><uuid>$other_uuid</uuid><devices>
        <hostdev><source><address domain='0x0000' bus='0x09' slot='0x00' function='0x0'/></source></hostdev>
      </devices></domain>
      <devices><hostdev><source><address domain='0x0000' bus='0x09' slot='0x00' function='0x0'/></source></hostdev></devices>
    </x:note>
  </metadata>
")" "asked bind --handover 0000:01:00.0 0000:01:00.1
status 0
$took"
    make_host
    local broken number=0
    for broken in "" "not XML" "<domain><devices/></domain>" "$(domain ../../etc/passwd "$card")" \
        "$(domain $uuid "$(hostdev 0000 'fe/' 00 0)")" "$(domain $uuid "${card//slot=\'0x00\'/slot=\'0\'}")"; do
        number=$((number + 1))
        expect "XML that is not understood starts no guest, $number" \
            "$(echo "$broken" | hook libvirt win11 prepare begin -)" \
            "vfio-early: the XML that libvirt hands over is not understood, so the guest is left as it is
status 1"
    done

    make_host
    echo bind >"$machine/fails"
    expect "a guest whose card cannot be had does not start, and what was begun is given back" \
        "$(prepare $uuid "$card")" "asked bind --handover 0000:01:00.0 0000:01:00.1
vfio-early: gpu 0000:01:00.0: refused (in-use): process 7 (Xorg) has it
asked release --handover 0000:01:00.0 0000:01:00.1
status 1"
    expect "... and the release that follows finds nothing to do" "$(release $uuid "$card")" "status 0"
    echo "bind release" >"$machine/fails"
    expect "what then cannot be given back either stays in the record" \
        "$(prepare $uuid "$card" | grep -v refused)" "asked bind --handover 0000:01:00.0 0000:01:00.1
asked release --handover 0000:01:00.0 0000:01:00.1
status 1
$took"
    : >"$machine/fails"
    expect "... and release gives it back" "$(release $uuid "$card")" "\
asked release --handover 0000:01:00.0 0000:01:00.1
status 0"

    make_host
    prepare $uuid "$card" >/dev/null
    expect "prepare that comes twice takes what is there already" "$(prepare $uuid "$(hostdev 0000 01 00 0)")" \
        "asked bind --handover 0000:01:00.0
status 0
$took"
    expect "a second guest does not get the first one's card" \
        "$(prepare $other_uuid "$(hostdev 0000 02 00 0; hostdev 0000 01 00 1)")" "\
vfio-early: 0000:01:00.1 is with another guest, stop that one first; if there is none, run 'vfio-early release \
--handover 0000:01:00.1' and remove /run/vfio-early/guests/$uuid
status 1
$took"
    expect "... and its release takes nothing from the first" "$(release $other_uuid "$card")" "status 0
$took"
    expect "a second guest with another card starts" "$(prepare $other_uuid "$(hostdev 0000 02 00 0)")" "\
asked bind --handover 0000:02:00.0
status 0
record $other_uuid: 0000:02:00.0 
$took"
    release $other_uuid "$card" >/dev/null
    echo 0000:02:00.0 >"$machine/others"
    expect "what is no card of [handover] is in no record" "$(prepare $other_uuid "$(hostdev 0000 02 00 0)")" "\
asked bind --handover 0000:02:00.0
status 0
$took"
    rm "$machine/others"
    release $uuid "$card" >/dev/null
    expect "when the first one is off, the second guest gets its card" \
        "$(release $other_uuid "$card" >/dev/null; prepare $other_uuid "$card" | head -n 1)" \
        "asked bind --handover 0000:01:00.0 0000:01:00.1"
}

# The hook is killed while vfio-early is at work, which goes on; libvirt takes that for a failure and asks for the release.
test_killed() {
    make_host
    echo 0.5 >"$machine/takes"
    domain $uuid "$card" >"$machine/xml"
    MACHINE=$machine PATH=$machine/bin:$PATH "$machine/hooks/libvirt" win11 prepare begin - \
        <"$machine/xml" 3>"$machine/asked" 2>/dev/null &
    local killed=$!
    until grep -q asked "$machine/asked" 2>/dev/null; do sleep 0.05; done
    kill -KILL "$killed"
    wait "$killed" 2>/dev/null
    expect "a hook that is killed while it takes a card leaves a record" "$(records)" "$took"
    expect "... by which release gives back what was still taken after that" "$(release $uuid "$card"; bound)" "\
asked release --handover 0000:01:00.0 0000:01:00.1
status 0"
    make_host
    prepare $uuid "$card" >/dev/null
    echo 0.5 >"$machine/takes"
    MACHINE=$machine PATH=$machine/bin:$PATH "$machine/hooks/libvirt" win11 release end - \
        <<<"$(domain $uuid "$card")" 3>"$machine/asked" 2>/dev/null &
    killed=$!
    until grep -q asked "$machine/asked" 2>/dev/null; do sleep 0.05; done
    kill -KILL "$killed"
    wait "$killed" 2>/dev/null
    expect "a hook that is killed while it gives back leaves the record" "$(records)" "$took"
    expect "... and the next start waits for it, and has the card" "$(prepare $uuid "$card"; bound)" "\
asked bind --handover 0000:01:00.0 0000:01:00.1
status 0
${took}
0000:01:00.0
0000:01:00.1"
}

test_together() {
    make_host
    echo 0.3 >"$machine/takes"
    local number
    for number in 1 2 3 4; do
        prepare "${number}7a5fdbd-edaf-9455-926a-d65c16db1809" "$card" >"$machine/guest-$number" &
    done
    wait
    expect "of four guests that start at once one gets the card" "$(cat "$machine"/guest-* | grep -c '^status 0')" 1
    expect "... and the others do not start" "$(cat "$machine"/guest-* | grep -c 'is with another guest')" 3
    expect "... and leave no record" "$(records | wc -l)" 1
}

test_proxmox() {
    make_host
    cat >"$machine/qm-100" <<'END_OF_CONFIG'
bios: ovmf
boot: order=scsi0
description: hostpci7%3A 0000%3A09%3A00
hookscript: local:snippets/vfio-early
hostpci0: 0000:01:00,pcie=1,x-vga=1
hostpci1: host=02:00.0;10000:01:00.0,rombar=0
name: hostpci5: 0000:08:00
net0: virtio=BC:24:11:2E:00:01,bridge=vmbr0
usb0: host=1-2
END_OF_CONFIG
    local all="0000:01:00.0 0000:01:00.1 0000:01:00.2 0000:02:00.0 10000:01:00.0"
    expect "pre-start takes what hostpci names, a card with all of its functions" "$(hook proxmox 100 pre-start)" "\
asked bind --handover $all
status 0
record 100: $all "
    expect "... and phases between do nothing" "$(hook proxmox 100 post-start; hook proxmox 100 pre-stop)" "status 0
record 100: $all 
status 0
record 100: $all "
    rm "$machine/qm-100"
    expect "post-stop gives back what was taken, without a look at the configuration" \
        "$(hook proxmox 100 post-stop)" "asked release --handover $all
status 0"
    expect "a second post-stop does nothing" "$(hook proxmox 100 post-stop)" "status 0"
    expect "a guest whose configuration cannot be read does not start" \
        "$(hook proxmox 100 pre-start | grep -v '^cat')" "vfio-early: 'qm config 100' failed, so the guest is not started
status 1"
    echo "hostpci0: 0000:01:00.0" >"$machine/qm-101"
    echo bind >"$machine/fails"
    expect "a guest whose card cannot be had does not start" "$(hook proxmox 101 pre-start)" "\
asked bind --handover 0000:01:00.0
vfio-early: gpu 0000:01:00.0: refused (in-use): process 7 (Xorg) has it
asked release --handover 0000:01:00.0
status 1"
    : >"$machine/fails"
    echo "hostpci0: mapping=GPU_A,pcie=1" >"$machine/qm-102"
    expect "a mapping is told of" "$(hook proxmox 102 pre-start)" "\
vfio-early: the mapping 'GPU_A' is not looked at: name the card by its address if it is one of [handover]
status 0"
    echo "hostpci0: 0000:0A:00.0" >"$machine/qm-103"
    expect "digits are lower-case in sysfs" "$(hook proxmox 103 pre-start | head -n 1)" "asked bind --handover 0000:0a:00.0"
    echo "cores: 4" >"$machine/qm-104"
    expect "a guest without devices of the host asks for nothing" "$(hook proxmox 104 pre-start)" "status 0
record 103: 0000:0a:00.0 "
    expect "what is no number is no guest" "$(hook proxmox ../x pre-start | head -n 1)" \
        "vfio-early: '../x' is not the number of a guest"
}

test_no_lock() {
    make_host
    prepare $uuid "$card" >/dev/null
    rm "$machine/run/vfio-early/guests/.lock"
    mkdir "$machine/run/vfio-early/guests/.lock"
    expect "what a guest took is given back without the lock too" \
        "$(release $uuid "$card" | grep -v ': cannot create ')" "\
vfio-early: /run/vfio-early/guests/.lock: another hook of vfio-early does not end
vfio-early: going on without waiting for it
asked release --handover 0000:01:00.0 0000:01:00.1
status 0"
}

test_libvirt
test_no_lock
test_killed
test_together
test_proxmox
exit $((failures > 0))
