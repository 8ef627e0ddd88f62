using System.Collections.Frozen;

namespace Containers.Engine.Security;

/// <summary>
/// The calls that i386 reaches by two ways: under a number of their own, and as a sub-number of <c>socketcall</c>
/// (linux/net.h) or <c>ipc</c> (linux/ipc.h), whose own arguments lie in memory, where a filter cannot look.
/// </summary>
internal static class MultiplexedCalls
{
    // ipc(2) keeps a version in the upper half of its first argument.
    private const ulong SubNumberMask = 0xFFFF;

    private static readonly FrozenDictionary<string, (string Call, int SubNumber)> ByName = new (string Call, int SubNumber, string Name)[]
    {
        ("socketcall", 1, "socket"), ("socketcall", 2, "bind"), ("socketcall", 3, "connect"), ("socketcall", 4, "listen"),
        ("socketcall", 5, "accept"), ("socketcall", 6, "getsockname"), ("socketcall", 7, "getpeername"), ("socketcall", 8, "socketpair"),
        ("socketcall", 9, "send"), ("socketcall", 10, "recv"), ("socketcall", 11, "sendto"), ("socketcall", 12, "recvfrom"),
        ("socketcall", 13, "shutdown"), ("socketcall", 14, "setsockopt"), ("socketcall", 15, "getsockopt"), ("socketcall", 16, "sendmsg"),
        ("socketcall", 17, "recvmsg"), ("socketcall", 18, "accept4"), ("socketcall", 19, "recvmmsg"), ("socketcall", 20, "sendmmsg"),
        ("ipc", 1, "semop"), ("ipc", 2, "semget"), ("ipc", 3, "semctl"), ("ipc", 4, "semtimedop"), ("ipc", 11, "msgsnd"), ("ipc", 12, "msgrcv"),
        ("ipc", 13, "msgget"), ("ipc", 14, "msgctl"), ("ipc", 21, "shmat"), ("ipc", 22, "shmdt"), ("ipc", 23, "shmget"), ("ipc", 24, "shmctl"),
    }.ToFrozenDictionary(c => c.Name, c => (c.Call, c.SubNumber), StringComparer.Ordinal);

    /// <summary>The other way to a call.</summary>
    /// <param name="name">A system call's name.</param>
    /// <param name="call">The multiplexing call.</param>
    /// <param name="condition">What its first argument is then.</param>
    /// <returns>False where the call has only one way.</returns>
    internal static bool TryFind(string name, out string call, out SeccompArgument condition)
    {
        bool found = ByName.TryGetValue(name, out var way);
        call = way.Call ?? string.Empty;
        condition = new SeccompArgument(0, SeccompOperator.MaskedEqual, SubNumberMask, (ulong)way.SubNumber);
        return found;
    }
}
