# packages: gcc libc6-dev
# slow
# gcc at every level of optimisation compiles a program, which runs: all outputs are one.
for level in -O0 -O1 -O2 -O3 -Os '-O2 -flto'; do
    # shellcheck disable=SC2086
    gcc $level -std=c17 -ffp-contract=off -fwrapv -o compute "$CHECKS/compute.c" && ./compute >output
    echo "$level $(md5sum <output)"
done
cat output
