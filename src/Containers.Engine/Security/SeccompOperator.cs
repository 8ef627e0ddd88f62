namespace Containers.Engine.Security;

/// <summary>How an argument is compared; all comparisons are unsigned.</summary>
internal enum SeccompOperator
{
    /// <summary>SCMP_CMP_NE.</summary>
    NotEqual,

    /// <summary>SCMP_CMP_LT.</summary>
    LessThan,

    /// <summary>SCMP_CMP_LE.</summary>
    LessOrEqual,

    /// <summary>SCMP_CMP_EQ.</summary>
    Equal,

    /// <summary>SCMP_CMP_GE.</summary>
    GreaterOrEqual,

    /// <summary>SCMP_CMP_GT.</summary>
    GreaterThan,

    /// <summary>SCMP_CMP_MASKED_EQ: the argument's bits under the mask equal the second value.</summary>
    MaskedEqual,
}
