# Runs in the guest: what Linux finds of its GICv3 and ITS, that its timer ticks on every CPU, and
# that CPUs interrupt each other.
dmesg -n 1
stty -onlcr

# counts NAME: how many interrupts of that name each CPU has had
counts() {
    awk -v name="$1" '/^ +CPU0/ { cpus = NF } $0 ~ name { for (i = 1; i <= cpus; i++) n[i] += $(i + 1) }
                      END { for (i = 1; i <= cpus; i++) print n[i] }' /proc/interrupts
}

# at_least N: whether every number on standard input is that
at_least() {
    awk -v least="$1" '$1 < least { low = 1 } END { exit low }'
}

echo '==== begin'
dmesg | grep -oE 'GICv3: CPU[0-9]+: found redistributor [0-9a-f]+ region 0:0x[0-9a-f]+'
dmesg | grep -oE 'ITS@0x[0-9a-f]+: allocated [0-9]+ (Devices|Interrupt Collections)'
dmesg | grep -oE 'GICv3: CPU[0-9]+: using allocated LPI pending table'
grep -oE 'GICv3 +27 Level +arch_timer' /proc/interrupts
for i in $(seq 20); do sleep 0.1 & done
wait
counts arch_timer | at_least 10 && echo 'every CPU has a timer'
counts 'Rescheduling|Function call' | at_least 1 && echo 'and is called by others'
dmesg | grep -E 'BUG|Oops|WARNING|Call trace|[Uu]nhandled|Unable to handle|[Ss]purious|rcu.*stall'
echo '==== end'
