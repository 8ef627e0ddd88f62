namespace Containers.Engine.Events;

/// <summary>What can happen, in Docker's words.</summary>
public static class EventAction
{
    /// <summary>A container was made.</summary>
    public const string Create = "create";

    /// <summary>A container's command runs.</summary>
    public const string Start = "start";

    /// <summary>
    /// A container's first process has ended: attributes <c>exitCode</c> and, where one ended it, <c>signal</c>. Without an exit code and with the attribute
    /// <c>reason</c> (<c>MonitorLost</c>) where its monitor died before it could say so; it is then told when it is found out.
    /// </summary>
    public const string Die = "die";

    /// <summary>The kernel killed processes of a container for its memory limit, as <c>kills</c> counts; told at the container's end.</summary>
    public const string Oom = "oom";

    /// <summary>A running container was stopped.</summary>
    public const string Stop = "stop";

    /// <summary>A signal was sent to a container: attribute <c>signal</c>.</summary>
    public const string Kill = "kill";

    /// <summary>
    /// A container has become healthy or unhealthy: attribute <c>healthStatus</c>; of an unhealthy one that something is
    /// done with then also <c>onFailure</c>.
    /// </summary>
    public const string HealthStatus = "health_status";

    /// <summary>A container was frozen.</summary>
    public const string Pause = "pause";

    /// <summary>A container runs again.</summary>
    public const string Unpause = "unpause";

    /// <summary>A container got another name: attribute <c>oldName</c>.</summary>
    public const string Rename = "rename";

    /// <summary>A container's limits were changed.</summary>
    public const string Update = "update";

    /// <summary>A container, or an image's last name and with it the image, is gone.</summary>
    public const string Remove = "remove";

    /// <summary>An image was made of a container: attributes <c>imageId</c> and <c>imageName</c>.</summary>
    public const string Commit = "commit";

    /// <summary>An image was received from a registry.</summary>
    public const string Pull = "pull";

    /// <summary>An image was sent to a registry: attribute <c>target</c>.</summary>
    public const string Push = "push";

    /// <summary>An image was taken from an archive of images.</summary>
    public const string Load = "load";

    /// <summary>An image was made of files: a folder, or the archive of a root file system.</summary>
    public const string Import = "import";

    /// <summary>An image was written to an archive.</summary>
    public const string Save = "save";

    /// <summary>An image got another name.</summary>
    public const string Tag = "tag";

    /// <summary>An image lost a name.</summary>
    public const string Untag = "untag";

    /// <summary>All of them.</summary>
    public static IReadOnlyList<string> All { get; } =
    [
        Commit, Create, Die, HealthStatus, Import, Kill, Load, Oom, Pause, Pull, Push, Remove, Rename, Save, Start, Stop, Tag, Unpause, Untag, Update,
    ];
}
