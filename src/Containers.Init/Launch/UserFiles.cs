using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>
/// Finds a user in the image's own /etc/passwd and /etc/group (passwd(5), group(5)). The files are an attacker's: opened
/// inside the root, regular files only, of bounded size; every number is parsed strictly, so that no overflow ends at 0.
/// </summary>
internal static unsafe class UserFiles
{
    /// <summary>The largest user or group id, as Docker has it; beyond lies -1, which means "no change" to the kernel.</summary>
    internal const long MaxId = int.MaxValue;

    private const int MaxFileSize = 1024 * 1024;
    private const int ProtectReadWrite = 3, MapPrivateAnonymous = 0x22;

    internal static long LookUp(LaunchState* state, int root, byte* user, byte* group, byte* home, int homeSize, int proc)
    {
        FileText passwd, groups;
        long result = Read(state, root, proc, Text.Z("etc/passwd"u8), &passwd);
        if (result >= 0)
        {
            result = Read(state, root, proc, Text.Z("etc/group"u8), &groups);
            if (result >= 0)
            {
                result = Find(state, &passwd, &groups, user, group, home, homeSize);
                Free(&groups);
            }

            Free(&passwd);
        }

        return result;
    }

    internal static long Find(LaunchState* state, FileText* passwd, FileText* groups, byte* user, byte* group, byte* home, int homeSize)
    {
        Identity* identity = &state->Identity;
        int userLength = Text.Length(user);
        long number = Number(user, userLength);
        if (number == OutOfRange)
        {
            return Fault(state, PlanFault.NumberOutOfRange, Error.ERANGE);
        }

        identity->Uid = identity->Gid = 0;
        identity->GroupCount = 0;
        long room = Sys.Call(SysNr.Mmap, 0, Identity.MaxGroups * sizeof(uint), ProtectReadWrite, MapPrivateAnonymous, -1, 0);
        if ((ulong)room >= unchecked((ulong)-4096))
        {
            return room;
        }

        identity->Groups = (uint*)room;
        SetHome(home, homeSize, Text.Z("/"u8), 1);

        byte* name = null;
        int nameLength = 0;
        Line line;
        line.Start = null;
        while (Next(passwd, &line))
        {
            Field entryName = line.Field(0), uid = line.Field(2), gid = line.Field(3), folder = line.Field(5);
            long entryUid = Number(uid.Start, uid.Length), entryGid = Number(gid.Start, gid.Length);
            bool named = number < 0 && Text.Same(entryName.Start, entryName.Length, user, userLength);
            if (named && (entryUid < 0 || entryGid < 0))
            {
                return Fault(state, PlanFault.NumberOutOfRange, Error.ERANGE);
            }

            if (entryUid < 0 || entryGid < 0 || !(named || (number >= 0 && entryUid == number)))
            {
                continue;
            }

            name = entryName.Start;
            nameLength = entryName.Length;
            identity->Uid = (uint)entryUid;
            identity->Gid = (uint)entryGid;
            SetHome(home, homeSize, folder.Start, folder.Length);
            break;
        }

        if (name == null)
        {
            if (number < 0)
            {
                return Fault(state, PlanFault.UserUnknown, Error.ENOENT);
            }

            identity->Uid = (uint)number;
        }

        return group != null ? FindGroup(state, groups, group) : name != null ? FindMemberships(state, groups, name, nameLength) : 0;
    }

    /// <summary>Adds a group to those of the user that was found; one that he has already is not added.</summary>
    internal static long AddGroup(LaunchState* state, int root, byte* group, int proc)
    {
        FileText groups;
        long result = Read(state, root, proc, Text.Z("etc/group"u8), &groups);
        if (result >= 0)
        {
            result = NumberOf(state, &groups, group);
            Free(&groups);
        }

        Identity* identity = &state->Identity;
        for (int i = 0; i < identity->GroupCount && result >= 0; i++)
        {
            if (identity->Groups[i] == result)
            {
                return 0;
            }
        }

        if (result < 0)
        {
            return result;
        }

        if (identity->GroupCount == Identity.MaxGroups)
        {
            return Fault(state, PlanFault.TooManyGroups, Error.ERANGE);
        }

        identity->Groups[identity->GroupCount++] = (uint)result;
        return 0;
    }

    private static long FindGroup(LaunchState* state, FileText* groups, byte* group)
    {
        long number = NumberOf(state, groups, group);
        if (number >= 0)
        {
            state->Identity.Gid = (uint)number;
        }

        return number < 0 ? number : 0;
    }

    private static long NumberOf(LaunchState* state, FileText* groups, byte* group)
    {
        int length = Text.Length(group);
        long number = Number(group, length);
        if (number != NotANumber)
        {
            return number >= 0 ? number : Fault(state, PlanFault.NumberOutOfRange, Error.ERANGE);
        }

        Line line;
        line.Start = null;
        while (Next(groups, &line))
        {
            Field name = line.Field(0), gid = line.Field(2);
            if (Text.Same(name.Start, name.Length, group, length))
            {
                number = Number(gid.Start, gid.Length);
                return number >= 0 ? number : Fault(state, PlanFault.NumberOutOfRange, Error.ERANGE);
            }
        }

        return Fault(state, PlanFault.GroupUnknown, Error.ENOENT);
    }

    private static long FindMemberships(LaunchState* state, FileText* groups, byte* user, int userLength)
    {
        Identity* identity = &state->Identity;
        Line line;
        line.Start = null;
        while (Next(groups, &line))
        {
            Field gid = line.Field(2), members = line.Field(3);
            long number = Number(gid.Start, gid.Length);
            if (number < 0 || !Contains(members, user, userLength))
            {
                continue;
            }

            if (identity->GroupCount == Identity.MaxGroups)
            {
                return Fault(state, PlanFault.TooManyGroups, Error.ERANGE);
            }

            identity->Groups[identity->GroupCount++] = (uint)number;
        }

        return 0;
    }

    private static bool Contains(Field members, byte* user, int userLength)
    {
        byte* end = members.Start + members.Length;
        for (byte* member = members.Start; member < end;)
        {
            byte* comma = member;
            while (comma < end && *comma != (byte)',')
            {
                comma++;
            }

            if (Text.Same(member, (int)(comma - member), user, userLength))
            {
                return true;
            }

            member = comma + 1;
        }

        return false;
    }

    private const long NotANumber = -1, OutOfRange = -2;

    /// <summary>An id; <see cref="NotANumber"/> for a name, <see cref="OutOfRange"/> for digits (with a sign, too) that are no id.</summary>
    private static long Number(byte* text, int length)
    {
        long number = Text.ParseNumber(text, length, MaxId);
        if (number >= 0)
        {
            return number;
        }

        int start = length > 1 && text[0] is (byte)'-' or (byte)'+' ? 1 : 0;
        for (int i = start; i < length; i++)
        {
            if (text[i] is < (byte)'0' or > (byte)'9')
            {
                return NotANumber;
            }
        }

        return length > start ? OutOfRange : NotANumber;
    }

    private static void SetHome(byte* home, int homeSize, byte* folder, int length)
    {
        if (home == null || length == 0 || length >= homeSize || folder[0] != (byte)'/')
        {
            return;
        }

        Text.Copy(home, folder, length);
        home[length] = 0;
    }

    private static long Fault(LaunchState* state, int fault, int error)
    {
        state->Fault = fault;
        return -error;
    }

    private static long Read(LaunchState* state, int root, int proc, byte* path, FileText* text)
    {
        text->Start = null;
        text->Length = 0;
        text->Mapped = 0;
        // O_PATH first: opening a FIFO or a device could block or act; what it is, is looked at before it is opened.
        long found = InRoot.OpenPath(root, path, Open.PathOnly, Open.InRoot | Open.NoMagicLinks);
        if (found is -Error.ENOENT or -Error.ENOTDIR)
        {
            return 0;
        }

        if (found < 0)
        {
            return Fault(state, PlanFault.UserFileUnreadable, (int)-found);
        }

        FileStat status = default;
        long result = Sys.Call(SysNr.Fstat, found, (long)&status);
        if (result >= 0 && (status.Mode & FileType.Mask) != FileType.Regular)
        {
            result = Fault(state, PlanFault.UserFileNotRegular, Error.EINVAL);
        }
        else if (result >= 0 && status.Size > MaxFileSize)
        {
            result = Fault(state, PlanFault.UserFileTooLarge, Error.EFBIG);
        }
        else if (result >= 0)
        {
            byte* link = stackalloc byte[32];
            byte* end = Text.AppendNumber(Text.Append(link, Text.Z("self/fd/"u8)), found);
            *end = 0;
            long file = Sys.Call(SysNr.Openat, proc, (long)link, Open.NoCtty | Open.NonBlock | Open.CloseOnExec);
            result = file < 0 ? Fault(state, PlanFault.UserFileUnreadable, (int)-file) : ReadAll((int)file, status.Size, text);
            Sys.Call(SysNr.Close, file);
        }

        Sys.Call(SysNr.Close, found);
        return result;
    }

    private static long ReadAll(int file, long size, FileText* text)
    {
        if (size == 0)
        {
            return 0;
        }

        long address = Sys.Call(SysNr.Mmap, 0, size, ProtectReadWrite, MapPrivateAnonymous, -1, 0);
        if ((ulong)address >= unchecked((ulong)-4096))
        {
            return address;
        }

        text->Start = (byte*)address;
        text->Mapped = size;
        while (text->Length < size)
        {
            long count = Sys.Call(SysNr.Read, file, address + text->Length, size - text->Length);
            if (count <= 0)
            {
                return count;
            }

            text->Length += (int)count;
        }

        return 0;
    }

    private static void Free(FileText* text)
    {
        if (text->Mapped != 0)
        {
            Sys.Call(SysNr.Munmap, (long)text->Start, text->Mapped);
        }
    }

    private static bool Next(FileText* text, Line* line)
    {
        byte* end = text->Start + text->Length;
        byte* start = line->Start == null ? text->Start : line->End + 1;
        if (start == null || start >= end)
        {
            return false;
        }

        byte* stop = start;
        while (stop < end && *stop != (byte)'\n')
        {
            stop++;
        }

        line->Start = start;
        line->End = stop;
        return true;
    }
}

/// <summary>A file's content in memory.</summary>
internal unsafe struct FileText
{
    internal byte* Start;
    internal int Length;
    internal long Mapped;
}

/// <summary>A part of a line between colons.</summary>
internal unsafe struct Field
{
    internal byte* Start;
    internal int Length;
}

/// <summary>One line of a file, without its newline.</summary>
internal unsafe struct Line
{
    internal byte* Start, End;

    /// <summary>The part after so many colons; empty where there are not so many.</summary>
    internal Field Field(int index)
    {
        byte* start = Start;
        for (; index > 0 && start < End; start++)
        {
            if (*start == (byte)':')
            {
                index--;
            }
        }

        Field field;
        field.Start = start;
        byte* end = start;
        while (index == 0 && end < End && *end != (byte)':')
        {
            end++;
        }

        field.Length = (int)(end - start);
        return field;
    }
}
