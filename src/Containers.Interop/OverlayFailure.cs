namespace Containers.Interop;

/// <summary>Why an overlay could not be mounted.</summary>
/// <param name="Errno">The kernel's error number; E2BIG for more layers than this kernel takes by descriptor (about 14 before Linux 6.7).</param>
/// <param name="Option">The option that the kernel refused; null where it refused all together.</param>
/// <param name="Log">What the kernel said about it (its context's log), or nothing.</param>
public readonly record struct OverlayFailure(Errno Errno, string? Option, string Log);
