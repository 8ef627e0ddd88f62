namespace Containers.Bench;

/// <summary>A contestant cannot take part; the message is the reason that its row shows.</summary>
internal sealed class AbsentException(string reason) : Exception(reason);
