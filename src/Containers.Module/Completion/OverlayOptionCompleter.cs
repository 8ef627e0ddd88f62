namespace Containers.Completion;

/// <summary>Completes the options of overlays.</summary>
internal sealed class OverlayOptionCompleter : ListCompleter
{
    /// <inheritdoc/>
    protected override IEnumerable<KeyValuePair<string, string>> Values() =>
    [
        KeyValuePair.Create("userxattr", "notes in user.overlay. attributes instead of trusted.overlay. ones"),
        KeyValuePair.Create("volatile", "nothing is synced: after a crash the upper folder is lost"),
        KeyValuePair.Create("metacopy=on", "a change of attributes copies no content"),
        KeyValuePair.Create("redirect_dir=on", "folders of lower layers can be renamed"),
        KeyValuePair.Create("redirect_dir=follow", "redirects are followed, none is made"),
        KeyValuePair.Create("redirect_dir=nofollow", "redirects are not followed"),
        KeyValuePair.Create("index=on", "hard links stay links when they are copied up"),
        KeyValuePair.Create("nfs_export=on", "the overlay can be exported by NFS"),
        KeyValuePair.Create("xino=on", "inode numbers tell layers apart"),
        KeyValuePair.Create("uuid=null", "the file system has no id of its own"),
        KeyValuePair.Create("verity=require", "the content of metacopy files is verified"),
        KeyValuePair.Create("default_permissions", "the kernel checks permissions by mode alone"),
        KeyValuePair.Create("nosuid", "set-user-id bits have no effect"),
        KeyValuePair.Create("nodev", "device nodes cannot be opened"),
        KeyValuePair.Create("noexec", "no program can be executed"),
        KeyValuePair.Create("noatime", "times of access are not kept"),
    ];
}
