// The tests share one kernel and one process's load contexts: what they count must not change under them.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
