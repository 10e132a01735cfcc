# packages: xz-utils zstd pigz
# smp
# Compressors with four threads make the same on every machine, each time, and it comes back.
{
    seq 1 150000
    seq 1 40000 | xz -1 # what cannot be made smaller
    head -c 500000 /dev/zero
    seq 150000 -1 1
} >data

try() {
    "$@" <data >packed
    echo "$* $(wc -c <packed) $(md5sum <packed | cut -c 1-32)"
}

back() {
    "$@" <packed | cmp - data && echo "back"
}

for round in 1 2; do
    echo "round $round"
    try xz -T4 -2 --block-size=131072
    back xz -dc
    back xz -T4 -dc
    try zstd -q -T4 -4 -B262144 -c
    back zstd -q -dc
    try pigz -p 4 -b 32 -n -6
    back pigz -p 4 -dc
done
