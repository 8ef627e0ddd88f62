namespace Containers;

/// <summary>Something that was found out of order, and what became of it.</summary>
public sealed class ContainerRepair
{
    /// <summary>What kind of thing it is.</summary>
    public ContainerRepairKind Kind { get; init; }

    /// <summary>What it is called: a container's name or its id's first digits, a name, a mount's id; null for leftovers.</summary>
    public string? Name { get; init; }

    /// <summary>The container's id; null where it concerns none.</summary>
    public string? Id { get; init; }

    /// <summary>What is wrong with it.</summary>
    public string Problem { get; init; } = string.Empty;

    /// <summary>What mends it.</summary>
    public string Action { get; init; } = string.Empty;

    /// <summary>Whether that was done.</summary>
    public bool IsRepaired { get; init; }
}
