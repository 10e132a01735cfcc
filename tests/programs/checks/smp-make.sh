# packages: make tcc libc6-dev
# smp
# A build of 40 files, four at a time, whose program runs; a second build makes the same.
numbers=$(seq -s ' ' 0 39)
{
    echo '#include <stdio.h>'
    for i in $numbers; do
        echo "unsigned part$i(unsigned);"
        {
            echo "#include <stdlib.h>"
            echo "unsigned part$i(unsigned x)"
            echo "{ for (unsigned i = 0; i < 10000; i++) x = (x ^ i) * 69069u + $i; return x; }"
        } >"part$i.c"
    done
    echo 'int main(void) { unsigned x = 1;'
    for i in $numbers; do
        printf 'x = part%d(x); printf("%%u\\n", x);\n' "$i"
    done
    echo 'return 0; }'
} >main.c
cat >Makefile <<'END'
objects = main.o $(patsubst %,part%.o,$(numbers))
program: $(objects)
	tcc -o $@ $^
%.o: %.c
	tcc -c -o $@ $<
clean:
	rm -f program *.o
END
build() {
    make -s -j4 numbers="$numbers" && ./program
}
build
md5sum ./*.o program >sums
make -s clean
build | md5sum
md5sum -c sums >log && echo "the same"
