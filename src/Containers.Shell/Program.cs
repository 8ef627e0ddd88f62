using System.Globalization;
using Containers.Shell;

// PowerShell's engine reports its use over the network unless this is set before its first type loads.
Environment.SetEnvironmentVariable("POWERSHELL_TELEMETRY_OPTOUT", "1");

CultureInfo.CurrentCulture = CultureInfo.DefaultThreadCurrentCulture = new EnglishCulture();

var arguments = ShellArguments.Parse(args, out var error);
if (arguments is null)
{
    Console.Error.WriteLine(error);
    Console.Error.WriteLine(ShellArguments.Usage);
    return ShellExitCode.Usage;
}

using var session = new ShellSession();
return session.Run(arguments);
