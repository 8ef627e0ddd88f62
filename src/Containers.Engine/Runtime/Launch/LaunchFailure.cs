using System.Text;
using Containers.Engine.Layers;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime.Launch;

/// <summary>The sentence for a step of the start that failed.</summary>
internal static class LaunchFailure
{
    public static EngineException Explain(LaunchPlan plan, int step, Errno errno, int fault)
    {
        LaunchSubject subject = plan.Subject;

        // Command, user and folder may be the image's: nothing in them may reach a terminal as a control character.
        string command = Shown(subject.Command);
        switch (fault)
        {
            case PlanFault.CommandNotFound:
                return new EngineException(
                    EngineErrorReason.CommandNotFound, subject.Name,
                    command.Contains('/', StringComparison.Ordinal)
                        ? $"The command '{command}' is not in {subject.Place} (or the interpreter it names is not)."
                        : $"The command '{command}' is not in {subject.Place}: no folder of its PATH holds it.",
                    errno);
            case PlanFault.CommandNotExecutable:
                return new EngineException(
                    EngineErrorReason.CommandNotExecutable, subject.Name,
                    $"The command '{command}' of {subject.Place} cannot be executed: {KernelException.Describe(errno)}.{Advice(errno)}", errno);
        }

        string what = step >= 0 && step < plan.Texts.Count ? new([.. plan.Texts[step].ToString().Select(c => char.IsControl(c) ? '?' : c)])
            : fault == PlanFault.Died ? "preparing its first process"
            : "making or joining the namespaces";
        string why = Why(subject, what, fault, errno);
        return new EngineException(EngineErrorReason.LaunchFailed, subject.Name, $"{subject.Purpose} failed while {what}: {why}", errno);
    }

    private static string Shown(string text) => EntryName.Show(Encoding.UTF8.GetBytes(text));

    private static string VolumeAdvice(string what, Errno errno) => errno switch
    {
        _ when !what.StartsWith("mounting the volume", StringComparison.Ordinal) => string.Empty,
        Errno.EINVAL or Errno.ENOTDIR => " One of the two is a file and the other a folder; they must be alike.",
        Errno.EROFS => " The place is not there, and what it would be made in is read-only: make it first.",
        _ => string.Empty,
    };

    private static string SettingAdvice(string what, Errno errno)
    {
        if (what.StartsWith("setting the kernel parameter", StringComparison.Ordinal))
        {
            return errno switch
            {
                Errno.ENOENT => " This kernel has no such parameter for a container's namespaces.",
                Errno.EINVAL => " The kernel takes no such value for it.",
                _ => string.Empty,
            };
        }

        bool isLimit = what.StartsWith("setting the limit", StringComparison.Ordinal);
        return errno is Errno.EPERM or Errno.EACCES && (isLimit || what.StartsWith("setting 'oom_score_adj'", StringComparison.Ordinal))
            ? isLimit
                ? " A hard limit beyond this session's own takes CAP_SYS_RESOURCE, which this session lacks (and nofile ends at fs.nr_open): ask for less."
                : " A score below this session's own takes CAP_SYS_RESOURCE, which this session lacks."
            : string.Empty;
    }

    private static string UserAdvice(string what, Errno errno) => errno switch
    {
        Errno.EINVAL when what.StartsWith("taking on the user's identity", StringComparison.Ordinal) => " That user or group is none of the user namespace's: give a longer map of ids.",
        Errno.EINVAL when what.StartsWith("showing with the container's ids", StringComparison.Ordinal) => " Its file system cannot be shown with other ids (idmapped mounts): -UserNamespace needs one that can, as ext4, xfs and btrfs.",
        _ => string.Empty,
    };

    private static string Advice(Errno errno) => errno switch
    {
        Errno.EACCES => " It needs the execute permission for the container's user, on a file system mounted without noexec.",
        Errno.ENOEXEC => " It is no program of this machine's architecture, and no script that begins with #!.",
        _ => string.Empty,
    };

    private static string Why(LaunchSubject subject, string what, int fault, Errno errno)
    {
        string user = Shown(subject.User);
        return fault switch
        {
            PlanFault.UserUnknown => $"there is no user '{user.Split(':')[0]}' in the image's /etc/passwd. Give a number, or a name that is there.",
            PlanFault.GroupUnknown when what.StartsWith("adding", StringComparison.Ordinal) => "there is no such group in the image's /etc/group. Give a number, or a name that is there.",
            PlanFault.GroupUnknown => $"there is no group '{user.Split(':')[^1]}' in the image's /etc/group. Give a number, or a name that is there.",
            PlanFault.NumberOutOfRange => "a user or group number is not in the range 0 to 2147483647.",
            PlanFault.UserFileNotRegular => "the image's /etc/passwd or /etc/group is not a regular file.",
            PlanFault.UserFileTooLarge => "the image's /etc/passwd or /etc/group is larger than 1 MiB.",
            PlanFault.UserFileUnreadable => $"the image's /etc/passwd or /etc/group cannot be read: {KernelException.Describe(errno)}.",
            PlanFault.TooManyGroups => "the user has more than 1024 groups.",
            PlanFault.WrongDevice => "the machine's /dev/null is not the null device (character device 1:3).",
            PlanFault.WrongFileSystem => "what is there lies on procfs where it must not, or not where it must. Nothing may be mounted over /proc.",
            PlanFault.OutsideRoot => "the working directory lies outside the container.",
            PlanFault.Died => "the first process was killed before it could execute the command. A memory limit that is too low does that, or a seccomp profile.",
            PlanFault.MonitorGone => "the container's monitor was killed.",
            _ => $"{KernelException.Describe(errno)}.{VolumeAdvice(what, errno)}{SettingAdvice(what, errno)}{UserAdvice(what, errno)}",
        };
    }
}
