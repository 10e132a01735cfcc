# Runs in the guest as the test script of the minimal Linux (roms/linux/init, ulna.test=). Each
# command is shown, then its output; transcript.expected is the same on every correct machine, so
# what differs from one to the next (counts, times) is reduced to a judgement here.
dmesg -n 1
stty -onlcr

show() {
    echo "\$ $*"
    eval "$*"
}

ticks() {
    awk '/arch_timer/ { print $2 }' /proc/interrupts
}

# has WORD...: which of the words the CPU's feature line has
has() {
    for word in "$@"; do
        grep '^Features' /proc/cpuinfo | grep -qw "$word" && printf '%s ' "$word"
    done
    echo
}

# Work-arounds that cost speed and that this CPU must not make Linux apply: one line each.
workarounds() {
    for file in /sys/devices/system/cpu/vulnerabilities/*; do
        grep -HvE '^(Not affected|Mitigation: (__user pointer|.* via prctl))' "$file"
    done
    dmesg | grep -iE 'page table isolation|KPTI|detected: spectre-(v2|v3|bhb)'
}

# What is drawn stays: a megabyte into the frame buffer and back, below the cursor's line.
framebuffer() {
    dd if=/dev/urandom of=/tmp/drawn bs=64k count=16 2>/dev/null
    dd if=/tmp/drawn of=/dev/fb0 bs=64k seek=16 conv=notrunc 2>/dev/null
    dd if=/dev/fb0 bs=64k skip=16 count=16 2>/dev/null | cmp - /tmp/drawn
}

complaints() {
    dmesg | grep -E 'BUG|Oops|WARNING|Call trace|[Uu]nhandled|undefined instruction|Unable to handle'
}

echo '==== begin'
show 'uname -s -m'
show 'nproc'
show 'has fp asimd aes pmull sha1 sha2 crc32 atomics cpuid asimdrdm lrcpc asimddp'
show 'has fphp asimdhp asimdfhm fcma jscvt frint flagm flagm2'
show 'has sha3 sha512 sm3 sm4 i8mm bf16'
show 'has uscat ilrcpc dcpop dcpodp dit sb ssbs rng dgh wfxt ecv bti paca pacg'
show 'workarounds; echo "workarounds: $?"'
show 'complaints; echo "complaints: $?"'
show 'dmesg | grep -o "fb0: simplefb registered"'
show 'framebuffer; echo $?'
show 'echo $((6 * 7)) $((1 << 62)) $((-7 / 2)) $((-7 % 3))'
show 'seq 1 1000 | awk "{ s += \$1 } END { print s }"'
show 'seq 1 5000 | sort -rn | sed -n "1p;2500p;5000p" | tr "\n" " "; echo'
show 'awk "BEGIN { for (i = 1; i <= 20000; i++) s += 1 / (i * i); printf \"%.15f\n\", s }"'
show 'seq 1 20000 | md5sum'
show 'seq 1 20000 | sha256sum'
show 'seq 1 20000 | sha512sum | cut -c 1-32'
show 'seq 1 20000 | gzip -c | gunzip -c | md5sum'
show 'dd if=/dev/zero of=/tmp/zeros bs=1M count=32 2>/dev/null; md5sum </tmp/zeros; rm /tmp/zeros'
show 'dd if=/dev/urandom of=/tmp/a bs=64k count=16 2>/dev/null; cp /tmp/a /tmp/b; cmp /tmp/a /tmp/b; echo $?'
show 'i=0; while [ $i -lt 100 ]; do /bin/busybox true || echo failed; i=$((i + 1)); done; echo $i'
show 'sh -c "kill -TERM \$\$"; echo $?'
show 'sh -c "kill -SEGV \$\$"; echo $?'
show '(sleep 0.2; echo second) & echo first; wait'
show 'mkfifo /tmp/p; (seq 1 300 >/tmp/p &); wc -l </tmp/p'
show 'a=$(ticks); sleep 1; b=$(ticks); [ $((b - a)) -ge 1 ] && echo ticking'
show 'a=$(date +%s); sleep 2; b=$(date +%s); [ $((b - a)) -ge 2 ] && [ $((b - a)) -le 4 ] && echo on time'
show '[ "$(date +%Y)" -ge 2024 ] && echo the clock is set'
show 'dd if=/dev/zero of=/dev/null bs=1 count=20000 2>&1 | grep records'
show 'complaints; echo "complaints: $?"'
echo '==== end'
