# Common to the boot tests, sourced by them: fetches the kernel and makes an initramfs.
# The scripts take the emulator and its options as arguments, so that another one can be compared:
#   tests/boot/transcript qemu-system-aarch64 -cpu max,pauth-impdef=on
# (There the transcript lacks the frame buffer, and Linux works around Spectre-BHB.)
# shellcheck shell=bash
set -euo pipefail
here=$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")
root=$(dirname "$(dirname "$here")")
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

(($# > 0)) || { echo "usage: $0 EMULATOR [OPTION]..." && exit 2; }
emulator=("$@")

if ! paths=$("$root/roms/linux/fetch" 2>&1); then
    echo "$paths"
    echo "SKIP: boot tests: Debian's arm64 kernel could not be fetched: $(tail -n 1 <<<"$paths")"
    exit 77
fi
kernel=$(sed -n 's/^KERNEL=//p' <<<"$paths")
busybox=$(sed -n 's/^BUSYBOX=//p' <<<"$paths")
"$root/roms/linux/make-initramfs" "$scratch/initramfs" "$busybox" \
    /transcript.sh="$here/transcript.sh" /arrives.sh="$here/arrives.sh" \
    /model.sh="$here/model.sh" /gicv3.sh="$here/gicv3.sh" \
    /smp.sh="$here/smp.sh"

# boot_command PARAMETERS: sets `command`, without its standard streams
# shellcheck disable=SC2034
boot_command() {
    command=("${emulator[@]:0:1}" -M virt -cpu max -m 512M -nographic -kernel "$kernel"
        -initrd "$scratch/initramfs" -append "console=ttyAMA0 $1" "${emulator[@]:1}")
}
