using Containers.Interop;

namespace Containers.Engine.Runtime.Launch;

/// <summary>The helper's executable, from the engine's own assembly into a memfd that is sealed against any change.</summary>
internal static class HelperProgram
{
    private static readonly Lazy<FileDescriptor> Program = new(Load);

    /// <summary>The executable, one for the whole process.</summary>
    public static FileDescriptor File => Program.Value;

    private static FileDescriptor Load()
    {
        using Stream resource = typeof(HelperProgram).Assembly.GetManifestResourceStream("helper")
            ?? throw new EngineException(EngineErrorReason.Internal, "helper", "This build of the engine has no helper in it; build it again.");
        byte[] bytes = new byte[resource.Length];
        resource.ReadExactly(bytes);
        return Memfd.CreateSealedExecutable("pscontainers", bytes);
    }
}
