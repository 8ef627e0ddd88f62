// The tests share one kernel: what they count (mounts, processes, cgroups) must not change under them.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
