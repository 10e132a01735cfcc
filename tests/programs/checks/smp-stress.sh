# packages: stress-ng
# smp
# slow
# What processors do to each other, by stressors that verify what they do: shared memory, locks,
# processes, threads, signals, mappings that change under the others.
for stressor in cpu vm fork vfork clone pthread futex mutex sem atomic switch context pipe signal \
    sigsuspend kill mmap mremap mmapfork madvise fault tlb-shootdown membarrier; do
    if stress-ng --$stressor 4 --timeout 5s --verify --vm-bytes 64M >log 2>&1; then
        echo "$stressor: passed"
    else
        echo "$stressor: failed with $?"
        grep -E 'fail|error|unsuccessful' log
    fi
done
