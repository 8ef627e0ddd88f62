namespace Containers.Help;

/// <summary>What is told of a cmdlet.</summary>
internal sealed record CmdletHelp
{
    public required string Verb { get; init; }

    public required string Noun { get; init; }

    public string Name => $"{Verb}-{Noun}";

    /// <summary>The summary of the class: one sentence or two.</summary>
    public required string Synopsis { get; init; }

    /// <summary>The remarks of the class.</summary>
    public required IReadOnlyList<string> Description { get; init; }

    /// <summary>The names of the parameter sets, the default one first; one unnamed where there are none.</summary>
    public required IReadOnlyList<string> ParameterSets { get; init; }

    public required IReadOnlyList<ParameterHelp> Parameters { get; init; }

    public required IReadOnlyList<string> OutputTypes { get; init; }

    /// <summary>Other cmdlets and topics (<c>seealso</c>).</summary>
    public required IReadOnlyList<string> Links { get; init; }
}

/// <summary>What is told of a parameter.</summary>
internal sealed record ParameterHelp
{
    public required string Name { get; init; }

    /// <summary>Its type as PowerShell shows it.</summary>
    public required string TypeName { get; init; }

    public required string TypeFullName { get; init; }

    public required IReadOnlyList<string> Text { get; init; }

    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>The values it takes, where these are a closed set.</summary>
    public IReadOnlyList<string> Values { get; init; } = [];

    public bool IsSwitch { get; init; }

    public bool TakesWildcards { get; init; }

    /// <summary>Its part in each parameter set; a set of an empty name stands for all.</summary>
    public required IReadOnlyList<ParameterUse> Uses { get; init; }

    /// <summary>Its part in one parameter set, or null where it has none.</summary>
    /// <param name="set">The set's name.</param>
    /// <returns>The part.</returns>
    public ParameterUse? In(string set) => Uses.FirstOrDefault(u => u.Set.Length == 0 || u.Set == set);
}

/// <summary>A parameter's part in a parameter set.</summary>
internal sealed record ParameterUse(string Set, bool Mandatory, int? Position, bool FromPipeline, bool FromPipelineByName, bool Remaining)
{
    public string PipelineInput => (FromPipeline, FromPipelineByName) switch
    {
        (true, true) => "True (ByValue, ByPropertyName)",
        (true, false) => "True (ByValue)",
        (false, true) => "True (ByPropertyName)",
        _ => "False",
    };

    public string PositionText => Position is { } position ? position.ToString(System.Globalization.CultureInfo.InvariantCulture) : "named";
}

/// <summary>An example of a cmdlet's use.</summary>
internal sealed record Example(string Title, string Code, IReadOnlyList<string> Remarks);
