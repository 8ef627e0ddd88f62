using System.Runtime.InteropServices;
using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>The command's terminal (pty(7)), made in the container's own devpts, so that its name is one of the container's.</summary>
internal static unsafe class Terminal
{
    private const long DevptsMagic = 0x1cd1;
    private const int Unlock = 0x40045431, OpenPeer = 0x5441, SetSize = 0x5414, SetForeground = 0x5410, SetControlling = 0x540e;

    /// <summary>struct winsize.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct WindowSize
    {
        internal ushort Rows, Columns, Width, Height;
    }

    /// <summary>
    /// What lies at /dev/pts/ptmx may be the container's work: it is used only if it is the multiplexer of a devpts. The other end is opened by TIOCGPTPEER,
    /// not by its name, which could lead elsewhere (runc CVE-2025-52565).
    /// </summary>
    internal static long Open(LaunchState* state, int root, int rows, int columns)
    {
        long control = InRoot.OpenPath(
            root, Text.Z("dev/pts/ptmx"u8), Init.Open.ReadWrite | Init.Open.NoCtty | Init.Open.NonBlock, Init.Open.InRoot | Init.Open.NoMagicLinks);
        long result = control < 0 ? control : Verify.FileSystem(state, (int)control, DevptsMagic, isRefused: false);
        result = result < 0 ? result : Verify.Device(state, (int)control, 5, 2);
        int locked = 0;
        result = result < 0 ? result : Sys.Call(SysNr.Ioctl, control, Unlock, (long)&locked);
        result = result < 0 ? result : Sys.Call(SysNr.Ioctl, control, OpenPeer, Init.Open.ReadWrite | Init.Open.NoCtty | Init.Open.CloseOnExec);
        if (result < 0)
        {
            return result;
        }

        long terminal = result;
        WindowSize size = default;
        size.Rows = (ushort)rows;
        size.Columns = (ushort)columns;
        result = Sys.Call(SysNr.Ioctl, terminal, SetSize, (long)&size);

        // As login(1) does it; the group stays devpts's own.
        result = result < 0 ? result : Sys.Call(SysNr.Fchown, terminal, state->Identity.Uid, -1);
        bool isLeaders = (state->Plan->Flags & PlanFlags.EnterLast) == 0;
        result = result < 0 || !isLeaders ? result : Sys.Call(SysNr.Ioctl, terminal, SetControlling, 0);
        byte nothing = 0;
        result = result < 0 ? result : DescriptorMessage.Send(state->TerminalSocket, &nothing, 1, (int)control);
        if (result < 0)
        {
            return result;
        }

        Sys.Call(SysNr.Close, control);
        Sys.Call(SysNr.Close, state->TerminalSocket);
        state->Registers[PlanRegister.StandardInput] = (int)terminal;
        state->Registers[PlanRegister.StandardOutput] = (int)terminal;
        state->Registers[PlanRegister.StandardError] = (int)terminal;
        return terminal;
    }

    /// <summary>Makes standard input the controlling terminal of the session that the calling process leads.</summary>
    internal static long TakeControl() => Sys.Call(SysNr.Ioctl, 0, SetControlling, 0);

    /// <summary>
    /// Makes the calling process, by a group of its own, the one that the terminal's signals reach (tcsetpgrp(3)): with an init beside it, Ctrl-C would
    /// come twice. SIGTTOU must be blocked.
    /// </summary>
    internal static void TakeForeground()
    {
        int self = (int)Sys.Call(SysNr.Getpid);
        Sys.Call(SysNr.Setpgid, 0, 0);
        Sys.Call(SysNr.Ioctl, 0, SetForeground, (long)&self);
    }
}
