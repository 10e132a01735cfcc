# packages: make gcc libc6-dev
# smp
# slow
# gcc at every level of optimisation, four at a time: all programs print the same.
cat >Makefile <<'END'
levels = O0 Og O1 O2 O3 Os
all: $(levels:=.output)
%.output: %.program
	./$< >$@
%.program:
	gcc -$* -std=c17 -ffp-contract=off -fwrapv -o $@ $(CHECKS)/compute.c
END
for round in 1 2; do
    echo "round $round"
    make -s -j4 CHECKS="$CHECKS" && md5sum ./*.output
    rm -f ./*.output ./*.program
done
