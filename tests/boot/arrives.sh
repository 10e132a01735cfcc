# Runs in the guest for the test `arrives`.
uname -s -m
