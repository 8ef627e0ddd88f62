namespace Containers.Bench;

/// <summary>One way to run the program, with its measurements.</summary>
/// <param name="name">What <c>--only</c> and the table call it.</param>
/// <param name="what">What is timed.</param>
/// <param name="start">Starts it; throws <see cref="AbsentException"/> where it cannot take part.</param>
internal sealed class Contestant(string name, string what, Func<Coprocess> start) : IDisposable
{
    private Coprocess? coprocess;

    internal string Name => name;

    internal string What => what;

    /// <summary>Why it takes no part (any more), or null.</summary>
    internal string? Absent { get; private set; }

    /// <summary>Nanoseconds of each timed run.</summary>
    internal List<long> Times { get; } = [];

    internal void Start()
    {
        try
        {
            coprocess = start();
        }
        catch (AbsentException absent)
        {
            Absent = absent.Message;
        }
    }

    /// <summary>Does one run; a contestant that fails leaves.</summary>
    internal void Run(bool isTimed)
    {
        if (Absent is null)
        {
            try
            {
                long time = coprocess!.Ask();
                if (isTimed)
                {
                    Times.Add(time);
                }
            }
            catch (AbsentException absent)
            {
                Absent = absent.Message;
            }
        }
    }

    public void Dispose() => coprocess?.Dispose();
}
