# Runs in the guest as the test script of the minimal Linux: the checks that the kernel command line
# names (ulna.checks=NAME,...), with Debian's arm64 packages below /usr. What a check prints stands
# between the lines "==== begin NAME" and "==== end NAME CODE SECONDS".
dmesg -n 1
stty -onlcr
ip link set lo up
mkdir -p /dev/shm
mount -t tmpfs tmpfs /tmp
echo 'root:x:0:0:root:/tmp:/bin/sh' >/etc/passwd
echo '127.0.0.1 localhost' >/etc/hosts

for name in $(tr ' ' '\n' </proc/cmdline | sed -n 's/^ulna.checks=//p' | tr , ' '); do
    echo "==== begin $name"
    read -r begin _ </proc/uptime
    mkdir /tmp/work
    # Debian's programs first; busybox for what is not there. Its shell would prefer its own.
    env -i PATH=/usr/bin:/bin HOME=/tmp LC_ALL=C CHECKS=/checks \
        dash -c "cd /tmp/work && . /checks/$name.sh" 2>&1
    code=$?
    rm -rf /tmp/work
    read -r end _ </proc/uptime
    echo "==== end $name $code $(awk "BEGIN { print $end - $begin }")"
done
