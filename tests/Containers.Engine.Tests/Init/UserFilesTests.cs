using System.Globalization;
using System.Text;
using Containers.Init.Plan;
using CsCheck;

namespace Containers.Init;

/// <summary>The helper's reader of passwd and group against any bytes, each text ending at a page that cannot be read.</summary>
public sealed unsafe class UserFilesTests
{
    private const int HomeSize = 64;

    private static readonly Gen<byte[]> Line = Gen.Select(
        Gen.OneOfConst("a", "b", "root", "0", "1000", string.Empty, "\0", "é"),
        Gen.OneOfConst("0", "00", "1", "1000", "4294967296", "4294967295", "2147483648", "2147483647", "18446744073709551616", "-1", "-0", "+0", " 0", "0x0", "0 ", string.Empty, "a", "9999999999999999999999"),
        Gen.OneOfConst("0", "5", "2147483647", "4294967296", string.Empty, "-1", "x"),
        Gen.OneOfConst("/", "/home", "home", string.Empty, new string('/', 63), new string('/', 64), new string('/', 200)),
        Gen.OneOfConst("{0}:x:{1}:{2}::{3}:/bin/sh\n", "{0}:x:{1}:{2}::{3}", "{0}:x:{1}\n", "{0}:{1}:{2}\n", "\n", ":::::::::\n", "{0}:x:{1}:a,b,,root,{2}\n", "{0}\r\n"),
        (name, uid, gid, home, format) => Encoding.Latin1.GetBytes(string.Format(CultureInfo.InvariantCulture, format, name, uid, gid, home)));

    private static readonly Gen<byte[]> Content = Gen.OneOf(
        Line.Array[0, 8].Select(lines => lines.SelectMany(line => line).ToArray()),
        Gen.Byte.Array[0, 300],
        Gen.OneOfConst((byte)'0', (byte)'1', (byte)'4', (byte)':', (byte)'\n', (byte)',', (byte)'a', (byte)'-', (byte)0).Array[0, 60]);

    private static readonly Gen<string> User = Gen.OneOf(
        Gen.OneOfConst("a", "b", "root", "0", "00", "1000", "-1", "+0", "-0", " 0", "0x0", "4294967296", "2147483648", "18446744073709551616", string.Empty, "0\n", "a:x", "000000000000000000000"),
        Gen.Char.AlphaNumeric.Array[0, 5].Select(c => new string(c)));

    [Fact]
    public void Any_bytes_give_the_user_that_a_plain_reading_gives_and_never_root_by_accident() =>
        Gen.Select(Content, Content, User, Gen.OneOf(User.Select(u => (string?)u), Gen.Const((string?)null))).Sample(
            (passwd, groups, user, group) =>
            {
                (uint Uid, uint Gid)? actual = Find(passwd, groups, user, group);
                (uint Uid, uint Gid)? expected = Expected(passwd, groups, user, group);
                return actual == expected;
            },
            iter: 20_000,
            threads: 1);

    private static (uint Uid, uint Gid)? Find(byte[] passwd, byte[] groups, string user, string? group)
    {
        using var passwdText = new GuardedText(passwd);
        using var groupText = new GuardedText(groups);
        using var home = new GuardedText(new byte[HomeSize]);
        using var userText = new GuardedText([.. Encoding.Latin1.GetBytes(user), 0]);
        using var groupName = new GuardedText([.. Encoding.Latin1.GetBytes(group ?? string.Empty), 0]);
        LaunchState state = default;
        var passwdFile = new FileText { Start = passwdText.Start, Length = passwd.Length };
        var groupFile = new FileText { Start = groupText.Start, Length = groups.Length };
        long result = UserFiles.Find(&state, &passwdFile, &groupFile, userText.Start, group is null ? null : groupName.Start, home.Start, HomeSize);
        if (state.Identity.Groups != null)
        {
            Assert.Equal(0, Sys.Call(SysNr.Munmap, (long)state.Identity.Groups, Identity.MaxGroups * sizeof(uint)));
        }

        if (result < 0)
        {
            Assert.NotEqual(PlanFault.None, state.Fault);
            return null;
        }

        Assert.InRange(state.Identity.GroupCount, 0, Identity.MaxGroups);
        return (state.Identity.Uid, state.Identity.Gid);
    }

    private static (uint Uid, uint Gid)? Expected(byte[] passwd, byte[] groups, string user, string? group)
    {
        bool isNumber = IsId(user, out uint number);
        if (!isNumber && LooksLikeNumber(user))
        {
            return null;
        }

        (uint Uid, uint Gid)? found = isNumber ? (number, 0) : null;
        foreach (string[] entry in Entries(passwd))
        {
            bool isGood = IsId(At(entry, 2), out uint uid) & IsId(At(entry, 3), out uint gid);
            if (!isNumber && entry[0] == user)
            {
                if (!isGood)
                {
                    return null;
                }

                found = (uid, gid);
                break;
            }

            if (isNumber && isGood && uid == number)
            {
                found = (uid, gid);
                break;
            }
        }

        if (found is null || group is null)
        {
            return found;
        }

        if (IsId(group, out uint groupNumber))
        {
            return (found.Value.Uid, groupNumber);
        }

        string[]? named = LooksLikeNumber(group) ? null : Entries(groups).FirstOrDefault(entry => entry[0] == group);
        return named is not null && IsId(At(named, 2), out uint id) ? (found.Value.Uid, id) : null;
    }

    private static IEnumerable<string[]> Entries(byte[] content)
    {
        string text = Encoding.Latin1.GetString(content);
        string[] lines = text.Split('\n');
        return (text.EndsWith('\n') || text.Length == 0 ? lines[..^1] : lines).Select(line => line.Split(':'));
    }

    private static string At(string[] entry, int index) => index < entry.Length ? entry[index] : string.Empty;

    private static bool IsId(string text, out uint id)
    {
        id = 0;
        return text.Length is > 0 and <= 18 && text.All(char.IsAsciiDigit) && ulong.Parse(text, CultureInfo.InvariantCulture) <= int.MaxValue
            && uint.TryParse(text, CultureInfo.InvariantCulture, out id);
    }

    private static bool LooksLikeNumber(string text)
    {
        string digits = text.Length > 1 && text[0] is '-' or '+' ? text[1..] : text;
        return digits.Length > 0 && digits.All(char.IsAsciiDigit);
    }

    /// <summary>Bytes whose end is the end of what may be touched.</summary>
    private sealed class GuardedText : IDisposable
    {
        private const int PageSize = 4096, ReadWrite = 3, PrivateAnonymous = 0x22, MprotectNumber = 10;
        private readonly long area;
        private readonly int size;

        public GuardedText(byte[] bytes)
        {
            size = ((bytes.Length + PageSize) / PageSize * PageSize) + PageSize;
            area = Sys.Call(SysNr.Mmap, 0, size, ReadWrite, PrivateAnonymous, -1, 0);
            Assert.True(area > 0);
            Assert.SkipUnless(System.Runtime.InteropServices.RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64, "mprotect's number here is x86-64's");
            Assert.Equal(0, Sys.Call(MprotectNumber, area + size - PageSize, PageSize, 0));
            Start = (byte*)(area + size - PageSize - bytes.Length);
            bytes.CopyTo(new Span<byte>(Start, bytes.Length));
        }

        public byte* Start { get; }

        public void Dispose() => Sys.Call(SysNr.Munmap, area, size);
    }
}
