using System.Runtime.InteropServices;
using Containers.Abuse;
using Containers.Bench;

if (AbuseSession.TryRun() is { } exitCode)
{
    return exitCode;
}

if (args is ["--serve", var role, var argument])
{
    Servers.Serve(role, argument);
    return 0;
}

BenchArguments arguments;
try
{
    arguments = BenchArguments.Parse(args);
}
catch (FormatException error)
{
    Console.Error.WriteLine(error.Message);
    Console.Error.WriteLine(BenchArguments.Usage);
    return 64;
}

using var cancellation = new CancellationTokenSource();
Console.CancelKeyPress += (_, press) =>
{
    press.Cancel = true;
    cancellation.Cancel();
};
using var termination = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
{
    context.Cancel = true;
    cancellation.Cancel();
});
try
{
    if (arguments.Kills + arguments.Hammer > 0)
    {
        return AbuseProgram.Run(arguments, Console.Out, cancellation.Token);
    }

    if (arguments.ImageArchive is not null)
    {
        using var images = new ImageBench(arguments, cancellation.Token);
        images.Run(Console.Out);
        return 0;
    }

    using var bench = new Bench(arguments, cancellation.Token);
    Report report = bench.Run();
    report.Print(Console.Out);
    if (arguments.JsonFile is not null)
    {
        report.WriteJson(arguments.JsonFile);
    }

    return 0;
}
catch (OperationCanceledException)
{
    return 130;
}
catch (AbsentException absent)
{
    Console.Error.WriteLine($"The benchmark cannot run: {absent.Message}.");
    return 1;
}
