using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>The container's command: found along PATH as execvp(3) does, and executed.</summary>
internal static unsafe class Command
{
    private const int PathMax = 4096;

    internal static long Execute(LaunchState* state, byte** arguments, byte** environment)
    {
        byte* name = arguments[0];
        if (*name == 0)
        {
            state->Fault = PlanFault.CommandNotFound;
            return -Error.ENOENT;
        }

        for (byte* c = name; *c != 0; c++)
        {
            if (*c == (byte)'/')
            {
                return Report(state, Sys.Call(SysNr.Execve, (long)name, (long)arguments, (long)environment));
            }
        }

        return Report(state, Search(name, arguments, environment));
    }

    private static long Search(byte* name, byte** arguments, byte** environment)
    {
        byte* candidate = stackalloc byte[PathMax];
        byte* path = PathOf(environment);
        int nameLength = Text.Length(name);
        long result = -Error.ENOENT;
        while (true)
        {
            byte* end = path;
            while (*end != 0 && *end != (byte)':')
            {
                end++;
            }

            int length = (int)(end - path);
            // An empty or relative entry would mean the current folder, which is nobody's wish; it is left out.
            if (length > 0 && path[0] == (byte)'/' && length + nameLength + 2 <= PathMax)
            {
                Text.Copy(candidate, path, length);
                candidate[length] = (byte)'/';
                Text.Copy(candidate + length + 1, name, nameLength + 1);
                long tried = Sys.Call(SysNr.Execve, (long)candidate, (long)arguments, (long)environment);
                if (tried is not (-Error.ENOENT or -Error.ENOTDIR))
                {
                    // As execvp: a forbidden one is remembered while the search goes on; anything else ends it.
                    result = tried;
                    if (tried != -Error.EACCES)
                    {
                        return tried;
                    }
                }
            }

            if (*end == 0)
            {
                return result;
            }

            path = end + 1;
        }
    }

    private static byte* PathOf(byte** environment)
    {
        for (; *environment != null; environment++)
        {
            byte* v = *environment;
            if (v[0] == 'P' && v[1] == 'A' && v[2] == 'T' && v[3] == 'H' && v[4] == '=')
            {
                return v + 5;
            }
        }

        return Text.Z("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"u8);
    }

    private static long Report(LaunchState* state, long result)
    {
        state->Fault = result is -Error.ENOENT or -Error.ENOTDIR ? PlanFault.CommandNotFound : PlanFault.CommandNotExecutable;
        return result;
    }
}
