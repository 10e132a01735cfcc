# packages: python3.11 libpython3.11-testsuite
# slow
# Python's own regression tests of what leans on the processor: numbers, memory layouts, digests,
# compressors, the regular-expression engine, foreign functions. (Those of threads and signals
# judge times: they fail on any busy machine.)
python3.11 -m test -o -j1 test_math test_cmath test_float test_int test_long test_complex \
    test_fractions test_random test_struct test_array test_bytes test_memoryview test_unicode \
    test_format test_hashlib test_hmac test_zlib test_bz2 test_json test_re test_decimal \
    test_ctypes test_thread test_generators test_dict test_sort test_heapq test_datetime \
    test_marshal test_strtod test_numeric_tower test_pickle test_statistics >log 2>&1
grep -E '^test test_[a-z0-9_]* (failed|crashed)' log
grep '^Tests result: ' log
