namespace Containers.Init;

/// <summary>
/// What keeps namespaces that no command is in yet: until they are pinned, and, as its pid 1, a pid namespace as long as that is to last. Needs nothing but a
/// little memory, and has no descriptor.
/// </summary>
internal static unsafe class HoldingProcess
{
    private const int SetMask = 2, NoHang = 1;

    /// <summary>Waits for orphans to reap, for ever.</summary>
    internal static void Stay()
    {
        ulong all = ulong.MaxValue;
        Sys.Call(SysNr.RtSigprocmask, SetMask, (long)&all, 0, sizeof(ulong));
        Sys.Call(SysNr.CloseRange, 0, uint.MaxValue, 0);
        for (; ; )
        {
            while (Sys.Call(SysNr.Wait4, -1, 0, NoHang, 0) > 0)
            {
            }

            Sys.Call(SysNr.RtSigtimedwait, (long)&all, 0, 0, sizeof(ulong));
        }
    }
}
