# packages: xz-utils zstd bzip2 gzip
# What each compressor makes is the same on every machine, and comes back.
{
    seq 1 60000
    i=0
    while [ $i -lt 400 ]; do
        echo "line $i of $((i * i % 97)) pages, and $((i * 7919 % 1009)) words that nobody reads twice"
        i=$((i + 1))
    done
    head -c 300000 /dev/zero
    seq 1 9000 | md5sum
    seq 1 30000 | xz -9 # what cannot be made smaller
} >data

try() {
    "$@" <data >packed
    echo "$* $(wc -c <packed) $(md5sum <packed | cut -c 1-32)"
}

back() {
    "$@" <packed | cmp - data && echo "back"
}

for level in -0 -6 -9e; do
    try xz -T1 $level
    back xz -dc
done
for filter in --delta=dist=4 --arm64 --x86; do
    try xz -T1 $filter --lzma2=preset=4 2>/dev/null
    back xz -dc
done
for level in -1 -3 -9 -19 '--ultra -22' '-5 --long=24'; do
    # shellcheck disable=SC2086
    try zstd -q --single-thread $level -c
    back zstd -q -dc --long=27
done
for level in -1 -6 -9; do
    try bzip2 $level
    back bzip2 -dc
done
for level in -1 -6 -9; do
    try gzip -n $level
    back gzip -dc
done
xz -T2 -c data | xz -dc | cmp - data && echo "two threads"
zstd -q -T2 -c data | zstd -q -dc | cmp - data && echo "two threads"
