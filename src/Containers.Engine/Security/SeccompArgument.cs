namespace Containers.Engine.Security;

/// <summary>A condition on one argument of a system call.</summary>
/// <param name="Index">The argument, 0 to 5.</param>
/// <param name="Operator">The comparison.</param>
/// <param name="Value">What it is compared with; the mask for <see cref="SeccompOperator.MaskedEqual"/>.</param>
/// <param name="ValueTwo">What the masked bits must equal; unused by the other comparisons.</param>
internal readonly record struct SeccompArgument(int Index, SeccompOperator Operator, ulong Value, ulong ValueTwo = 0);
