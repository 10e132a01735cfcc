# packages: tcc libc6-dev
# A small C compiler compiles a program, which runs; and compiles and runs at once from memory.
tcc -o compute "$CHECKS/compute.c" && ./compute
tcc -run "$CHECKS/compute.c" | md5sum
