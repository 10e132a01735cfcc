# packages: python3.11 libpython3.11-testsuite
# slow
# Python's own regression tests of what leans on the processor: numbers, memory layouts, digests,
# compressors, the regular-expression engine, foreign functions, threads and signals. The last line
# counts.
python3.11 -m test -j1 --timeout 1200 test_math test_cmath test_float test_int test_long test_complex \
    test_decimal test_fractions test_random test_statistics test_struct test_array test_bytes \
    test_memoryview test_unicode test_format test_hashlib test_hmac test_zlib test_bz2 test_lzma \
    test_json test_re test_sqlite3 test_pickle test_ctypes test_thread test_threading test_signal \
    test_generators test_dict test_set test_sort test_heapq test_datetime test_marshal test_zipfile \
    test_buffer test_strtod test_numeric_tower >log 2>&1
grep -E '^test_[a-z0-9_]* (failed|crashed)' log
grep -E '^(Tests result|Result): ' log | sed 's/.*: //'
