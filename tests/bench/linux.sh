# The Linux rows of tests/bench/run, in the guest. The kernel command line says which and how much:
# ulna.bench=NAME:ROUNDS,... Prints "begin NAME" and "end NAME CHECKSUM" around each. What is no
# shell function here is a kernel of the program /bench.
dmesg -n 1
mount -t tmpfs tmpfs /tmp

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

for row in $(tr ' ' '\n' </proc/cmdline | sed -n 's/^ulna.bench=//p' | tr , ' '); do
    name=${row%:*} rounds=${row#*:}
    case $name in
    shell | pack | idle)
        echo "begin $name"
        echo "end $name $("bench_$name")"
        ;;
    *) /bench "$name" "$rounds" ;;
    esac
done
