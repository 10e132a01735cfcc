# Runs in the guest for the test `smp`: which CPUs are there; each, the first too, is turned off and on
# again, smp.rounds times, while one task spins and one makes processes and pipes; what the kernel
# complains about.
dmesg -n 1
stty -onlcr
rounds=$(tr ' ' '\n' </proc/cmdline | sed -n 's/^smp.rounds=//p')

online() {
    echo "online: $(cat /sys/devices/system/cpu/online)"
}

spin() {
    while :; do :; done
}

work() {
    sum=$(seq 1 3000 | md5sum)
    while [ "$(seq 1 3000 | md5sum)" = "$sum" ]; do :; done
    echo "$sum became something else"
}

turn() { # turn FILE VALUE
    echo "$2" >"$1" && [ "$(cat "$1")" = "$2" ]
}

complaints() {
    dmesg | grep -E 'stall|lockup|BUG|Oops|WARNING|Call trace|[Uu]nhandled|Unable to handle|failed|blocked for'
}

echo '==== begin'
online
spin &
work &
turned=0
while [ "$rounds" -gt 0 ]; do
    for file in /sys/devices/system/cpu/cpu[0-9]*/online; do
        turn "$file" 0 && turn "$file" 1 && turned=$((turned + 1))
    done
    rounds=$((rounds - 1))
done
kill %1 %2
echo "turned off and on: $turned"
online
complaints || echo 'complaints: none'
echo '==== end'
