using System.Text;
using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Runtime.Launch;

/// <content>What is set of the container's own namespaces and of its processes.</content>
internal sealed partial class LaunchCompiler
{
    /// <summary>
    /// Through the descriptor of the container's procfs, while nothing of the image or of a volume is mounted yet, and before /proc/sys is made
    /// read-only.
    /// </summary>
    private void SetParameters()
    {
        foreach ((string name, string value) in Options.Sysctls)
        {
            plan.Do(
                new("setting the kernel parameter", name), PlanOperation.WriteFile, proc, Text($"sys/{SysctlName.PathOf(name)}"), Text(value),
                Encoding.UTF8.GetByteCount(value));
        }
    }

    private void SetDomainName()
    {
        if (Options.DomainName is { } domain)
        {
            byte[] name = Encoding.UTF8.GetBytes(domain);
            plan.Call(new("setting the domain name", domain), SysNr.Setdomainname, PlanArgument.Offset(plan.AddBytes(name, 1)), name.Length);
        }
    }

    private void SetOomScore()
    {
        string score = Number(Options.OomScoreAdj ?? 0);
        PlanStepOptions step = plan.Do(new("setting", "oom_score_adj"), PlanOperation.WriteFile, proc, Text("self/oom_score_adj"), Text(score), score.Length);
        if (Options.OomScoreAdj is null)
        {
            _ = step.Allow(Errno.EACCES, Errno.EPERM);
        }
    }

    /// <summary>The limits asked for, when nothing but credentials is left to do: a low one would end the helper's own work.</summary>
    private void SetLimits()
    {
        foreach (ProcessLimit limit in Options.Ulimits)
        {
            plan.Call(
                new("setting the limit", limit.ToString()), SysNr.Prlimit64, 0, IndexOf(limit.Name), PlanArgument.Offset(plan.AddStruct([limit.Soft, limit.Hard])), 0);
        }
    }

    private static int IndexOf(string name) => ProcessLimit.Names.TakeWhile(other => other != name).Count();
}
