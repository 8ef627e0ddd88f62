using Tmds.Linux;

namespace Containers.Engine.Copying;

/// <summary>Whose this process is.</summary>
internal static class ProcessOwner
{
    /// <summary>The effective user.</summary>
    public static uint Uid => LibC.geteuid();

    /// <summary>The effective group.</summary>
    public static uint Gid => LibC.getegid();
}
