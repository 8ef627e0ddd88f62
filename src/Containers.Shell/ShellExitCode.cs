namespace Containers.Shell;

/// <summary>What the program ends with, apart from what a script asks for: pwsh's codes, and 128 + n for a signal n.</summary>
internal static class ShellExitCode
{
    public const int Success = 0;

    /// <summary>The last statement failed, or an error ended the script.</summary>
    public const int Failure = 1;

    /// <summary>The command line does not parse, or names a file that is not there (EX_USAGE).</summary>
    public const int Usage = 64;

    /// <summary>The session did not open, for example because the module did not import (EX_SOFTWARE).</summary>
    public const int NoSession = 70;

    public const int SignalBase = 128;
}
