using System.Management.Automation;

namespace Containers.Bench.EmptyModule;

/// <summary>Does nothing.</summary>
[Cmdlet(VerbsCommon.Get, "Nothing")]
public sealed class GetNothingCommand : PSCmdlet;
