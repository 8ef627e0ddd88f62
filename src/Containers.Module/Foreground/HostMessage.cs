using System.Management.Automation;

namespace Containers.Foreground;

/// <summary>What is said to the person at the session, and is no output of the cmdlet: a line of the host's that can be redirected with 6>.</summary>
internal static class HostMessage
{
    /// <summary>Says something.</summary>
    /// <param name="cmdlet">The cmdlet.</param>
    /// <param name="text">The text.</param>
    public static void Write(Cmdlet cmdlet, string text) => cmdlet.WriteInformation(new HostInformationMessage { Message = text }, ["PSHOST"]);
}
