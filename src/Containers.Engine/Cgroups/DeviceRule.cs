using System.Globalization;

namespace Containers.Engine.Cgroups;

/// <summary>The kinds of device nodes; the numbers are the kernel's (BPF_DEVCG_DEV_*).</summary>
internal enum DeviceKind
{
    /// <summary>A block device.</summary>
    Block = 1,

    /// <summary>A character device.</summary>
    Character = 2,
}

/// <summary>What may be done with a device; the bits are the kernel's (BPF_DEVCG_ACC_*).</summary>
[Flags]
internal enum DeviceAccess
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Making a node of that number.</summary>
    MakeNode = 1,

    /// <summary>Opening it for reading.</summary>
    Read = 2,

    /// <summary>Opening it for writing.</summary>
    Write = 4,

    /// <summary>All of it.</summary>
    All = MakeNode | Read | Write,
}

/// <summary>Allows an access to a device.</summary>
/// <param name="Kind">Block or character.</param>
/// <param name="Major">The major number; null for every one.</param>
/// <param name="Minor">The minor number; null for every one.</param>
/// <param name="Access">What is allowed.</param>
internal readonly record struct DeviceRule(DeviceKind Kind, uint? Major, uint? Minor, DeviceAccess Access)
{
    /// <summary>Reads rules as v1's devices.allow takes them; <c>a</c> for both kinds gives two.</summary>
    /// <param name="text">The text: <c>c 189:* rwm</c>.</param>
    /// <returns>The rules; none where the text is no rule.</returns>
    public static IReadOnlyList<DeviceRule> Parse(string text)
    {
        if (text.Split(' ') is not [var kinds, var number, var accesses] || number.Split(':') is not [var majorText, var minorText]
            || ParseAccess(accesses) is not { } access || !TryNumber(majorText, out uint? major) || !TryNumber(minorText, out uint? minor))
        {
            return [];
        }

        return kinds switch
        {
            "b" => [new(DeviceKind.Block, major, minor, access)],
            "c" => [new(DeviceKind.Character, major, minor, access)],
            "a" => [new(DeviceKind.Block, major, minor, access), new(DeviceKind.Character, major, minor, access)],
            _ => [],
        };
    }

    /// <summary>Reads accesses: some of <c>r</c>, <c>w</c> and <c>m</c>, each once.</summary>
    /// <param name="text">The letters.</param>
    /// <returns>The accesses, or null.</returns>
    public static DeviceAccess? ParseAccess(string text)
    {
        DeviceAccess access = DeviceAccess.None;
        foreach (char letter in text)
        {
            DeviceAccess one = letter switch
            {
                'r' => DeviceAccess.Read,
                'w' => DeviceAccess.Write,
                'm' => DeviceAccess.MakeNode,
                _ => DeviceAccess.None,
            };
            if (one == DeviceAccess.None || access.HasFlag(one))
            {
                return null;
            }

            access |= one;
        }

        return access == DeviceAccess.None ? null : access;
    }

    /// <summary>The rule as v1's devices.allow takes it: <c>c 1:3 rwm</c>.</summary>
    /// <returns>The line without its end.</returns>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{(Kind == DeviceKind.Block ? 'b' : 'c')} {Number(Major)}:{Number(Minor)} {(Access.HasFlag(DeviceAccess.Read) ? "r" : "")}{(Access.HasFlag(DeviceAccess.Write) ? "w" : "")}{(Access.HasFlag(DeviceAccess.MakeNode) ? "m" : "")}");

    private static bool TryNumber(string text, out uint? number)
    {
        bool isNumber = uint.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out uint value);
        number = isNumber ? value : null;
        return isNumber || text == "*";
    }

    private static string Number(uint? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "*";
}
