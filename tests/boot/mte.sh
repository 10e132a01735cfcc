# Runs in the guest for the test `mte`.
grep '^Features' /proc/cpuinfo | grep -ow 'mte[0-9]*' | tr '\n' ' '
echo
/mte
