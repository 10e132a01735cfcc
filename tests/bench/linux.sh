# The Linux rows of tests/bench/run, in the guest. The kernel command line says which and how much:
# ulna.bench=NAME ulna.rounds=N. Prints "begin" and "end CHECKSUM" around the work.
dmesg -n 1
value() {
    tr ' ' '\n' </proc/cmdline | sed -n "s/^$1=//p"
}
rounds=$(value ulna.rounds)

# One read and one write of a byte each.
bench_calls() {
    dd if=/dev/zero of=/dev/null bs=1 count=$((rounds * 1000)) 2>&1 | sed -n 's/ records out//p'
}

bench_fork() {
    i=0
    while [ $i -lt "$rounds" ]; do
        /bin/busybox true
        i=$((i + 1))
    done
    echo $i
}

bench_pipe() {
    dd if=/dev/zero bs=512 count=$((rounds * 100)) 2>/dev/null | wc -c
}

bench_shell() {
    i=0 sum=0
    while [ $i -lt $((rounds * 1000)) ]; do
        sum=$(((sum * 31 + i) % 65521))
        i=$((i + 1))
    done
    echo $sum
}

bench_pack() {
    seq 1 $((rounds * 1000)) | gzip -c | gunzip -c | md5sum | cut -c 1-16
}

bench_idle() {
    sleep "$rounds"
    echo idle
}

echo begin
echo "end $("bench_$(value ulna.bench)")"
