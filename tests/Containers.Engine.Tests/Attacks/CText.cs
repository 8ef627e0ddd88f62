using System.Runtime.InteropServices;

namespace Containers.Engine.Tests.Attacks;

/// <summary>A C string outside the managed heap.</summary>
/// <param name="text">The text.</param>
internal sealed class CText(string text) : IDisposable
{
    /// <summary>Its address.</summary>
    public nint Address { get; } = Marshal.StringToCoTaskMemUTF8(text);

    public void Dispose() => Marshal.FreeCoTaskMem(Address);
}
