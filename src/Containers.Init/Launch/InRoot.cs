namespace Containers.Init;

/// <summary>
/// Paths inside a root file system, whose content is an attacker's: resolved once by openat2(2) with
/// RESOLVE_IN_ROOT, then acted upon by descriptor alone.
/// </summary>
internal static unsafe class InRoot
{
    private const int NameMax = 255;
    private const int OpenTreeClone = 1, MoveToEmptyPath = 0x40, MoveFromEmptyPath = 0x04;

    internal static long OpenPath(int root, byte* path, int flags, ulong resolve)
    {
        OpenHow how = default;
        how.Flags = (ulong)(uint)(flags | Open.CloseOnExec);
        how.Resolve = resolve;
        long descriptor;
        do
        {
            // EAGAIN: a rename raced with the resolution of "..".
            descriptor = Sys.Call(SysNr.Openat2, root, (long)path, (long)&how, sizeof(OpenHow));
        }
        while (descriptor is -Error.EAGAIN or -Error.EINTR);
        return descriptor;
    }

    /// <summary>
    /// The folder at a path, with the missing part made. What is there may hold symbolic links, which stay inside the root;
    /// what is made is made component by component in the folder just opened, and no link is followed there.
    /// </summary>
    internal static long MakeFolders(int root, byte* path, int mode)
    {
        long folder = OpenPath(root, path, Open.PathOnly | Open.Directory, Open.InRoot | Open.NoMagicLinks);
        if (folder != -Error.ENOENT)
        {
            return folder;
        }

        folder = OpenPath(root, Text.Z("."u8), Open.PathOnly | Open.Directory, Open.InRoot);
        byte* prefix = path;
        byte* next = path;
        while (folder >= 0)
        {
            while (*next == (byte)'/')
            {
                next++;
            }

            if (*next == 0)
            {
                break;
            }

            byte* end = next;
            while (*end != 0 && *end != (byte)'/')
            {
                end++;
            }

            byte separator = *end;
            *end = 0;
            long inner = OpenPath(root, prefix, Open.PathOnly | Open.Directory, Open.InRoot | Open.NoMagicLinks);
            if (inner == -Error.ENOENT)
            {
                inner = MakeFolder((int)folder, next, mode);
            }

            *end = separator;
            Sys.Call(SysNr.Close, folder);
            folder = inner;
            next = end;
        }

        return folder;
    }

    /// <summary>As <see cref="MakeFolders"/>; the last component is an empty file if <paramref name="like"/> is no folder.</summary>
    internal static long MakeMountPoint(int root, byte* path, int mode, int like)
    {
        FileStat status = default;
        long result = Sys.Call(SysNr.Fstat, like, (long)&status);
        if (result < 0)
        {
            return result;
        }

        if ((status.Mode & FileType.Mask) == FileType.Folder)
        {
            return MakeFolders(root, path, mode);
        }

        long file = OpenPath(root, path, Open.PathOnly, Open.InRoot | Open.NoMagicLinks);
        if (file != -Error.ENOENT)
        {
            return file;
        }

        byte* name = path + Text.Length(path);
        while (name > path && name[-1] != (byte)'/')
        {
            name--;
        }

        if (name == path || *name == 0)
        {
            return -Error.EINVAL;
        }

        name[-1] = 0;
        long folder = MakeFolders(root, path, mode);
        name[-1] = (byte)'/';
        if (folder < 0)
        {
            return folder;
        }

        long made = Sys.Call(SysNr.Openat, folder, (long)name, Open.WriteOnly | Open.Create | Open.Exclusive | Open.NoFollow | Open.CloseOnExec, 0x1a4);
        Sys.Call(SysNr.Close, folder);
        if (made < 0)
        {
            return made;
        }

        Sys.Call(SysNr.Close, made);
        return OpenPath(root, path, Open.PathOnly | Open.NoFollow, Open.InRoot | Open.NoMagicLinks);
    }

    /// <summary>Hides a file behind the null device or a folder behind an empty one. What is not there needs no hiding.</summary>
    internal static long Mask(int root, byte* path, int nullDevice, int emptyFolder)
    {
        long target = OpenPath(root, path, Open.PathOnly | Open.NoFollow, Open.Beneath | Open.NoMagicLinks | Open.NoSymlinks | Open.NoXdev);
        if (target is -Error.ENOENT or -Error.ENOTDIR)
        {
            return 0;
        }

        if (target < 0)
        {
            return target;
        }

        FileStat status = default;
        long result = Sys.Call(SysNr.Fstat, target, (long)&status);
        if (result >= 0)
        {
            int cover = (status.Mode & FileType.Mask) == FileType.Folder ? emptyFolder : nullDevice;
            result = Sys.Call(SysNr.OpenTree, cover, (long)Text.Z(""u8), OpenTreeClone | Open.CloseOnExec | Open.AtEmptyPath);
        }

        if (result >= 0)
        {
            long tree = result;
            result = Sys.Call(
                SysNr.MoveMount, tree, (long)Text.Z(""u8), target, (long)Text.Z(""u8), MoveFromEmptyPath | MoveToEmptyPath);
            Sys.Call(SysNr.Close, tree);
        }

        Sys.Call(SysNr.Close, target);
        return result;
    }

    internal static long WriteFile(int root, byte* path, byte* text, long length)
    {
        long file = OpenPath(root, path, Open.WriteOnly | Open.NoCtty, Open.InRoot | Open.NoMagicLinks);
        if (file < 0)
        {
            return file;
        }

        long result = ContainerProcess.WriteAll((int)file, text, length);
        Sys.Call(SysNr.Close, file);
        return result;
    }

    private static long MakeFolder(int folder, byte* name, int mode)
    {
        if (Text.Length(name) > NameMax || (name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0))))
        {
            return -Error.EINVAL;
        }

        long made = Sys.Call(SysNr.Mkdirat, folder, (long)name, mode);
        return made is < 0 and not -Error.EEXIST
            ? made
            : OpenPath(folder, name, Open.PathOnly | Open.Directory | Open.NoFollow, Open.Beneath | Open.NoSymlinks);
    }
}
