# Runs in the guest: what Linux makes of its CPU, and whether it complains.
dmesg -n 1
stty -onlcr
echo '==== begin'
grep -E '^(Features|CPU (implementer|variant|part|revision))' /proc/cpuinfo | tr -s '\t ' ' '
dmesg | grep -E 'BUG|Oops|WARNING|Call trace|[Uu]nhandled|undefined instruction|Unable to handle'
seq 1 20000 | sha256sum
seq 1 20000 | gzip -c | gunzip -c | md5sum
awk 'BEGIN { for (i = 1; i <= 20000; i++) s += 1 / (i * i); printf "%.15f\n", s }'
i=0; while [ $i -lt 50 ]; do /bin/busybox true || echo failed; i=$((i + 1)); done; echo $i
echo '==== end'
