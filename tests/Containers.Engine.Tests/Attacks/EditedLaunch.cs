using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using Containers.Engine.Cgroups;
using Containers.Engine.Configuration;
using Containers.Engine.Images;
using Containers.Engine.Runtime;
using Containers.Engine.Runtime.Launch;
using Containers.Engine.Security;
using Containers.Engine.Storage;
using Containers.Init;
using Containers.Init.Plan;
using Containers.Interop;

namespace Containers.Engine.Tests.Attacks;

/// <summary>
/// Runs a container as the engine does, but from a plan of which the test has taken a defence. It shows that an attack works
/// where the defence is missing, so that the test of the defence is known to bite.
/// </summary>
internal static class EditedLaunch
{
    public static RunResult Run(
        EngineFixture fixture, ContainerOptions asked, Action<PlanEdit> edit, FileDescriptor? program = null, DevicePolicy? devices = null, Action<ContainerSnapshot>? during = null)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "containers are made as root");
        using var services = new EngineServices(EngineConfiguration.Load(fixture.ConfigurationPath));
        var start = new ContainerStart(services);
        var observer = new ContainerObserver(services.Store, () => services.Cgroups);
        var waiting = new RestartWaiting(services);
        var removal = new ContainerRemoval(services, observer, start, new ContainerEnd(services, observer, waiting), waiting);
        (ContainerDocument document, ContainerLock held) = new ContainerCreation(services).Create(asked with { RemoveOnExit = true }, CancellationToken.None);
        AttachedContainer container;
        using (held)
        {
            try
            {
                container = new AttachedContainer(removal, document, Launch(services, document, held.Id, edit, program ?? HelperProgram.File, devices));
            }
            catch
            {
                start.RemoveLeftCgroup(held.Id);
                services.Store.Remove(held, document.Name);
                throw;
            }
        }

        using (container)
        {
            return EngineFixture.Finish(container, during: during);
        }
    }

    private static MonitorLink Launch(EngineServices services, ContainerDocument document, string id, Action<PlanEdit> edit, FileDescriptor program, DevicePolicy? devices)
    {
        using FileDescriptor records = services.Store.Records.OpenFolder(id, isKept: false);
        using FileDescriptor state = services.Store.OpenStateFolder(id)!;
        ContainerOptions options = document.Options;
        using ContainerCgroup cgroup = services.Cgroups.Create(id, options.Limits, devices ?? (options.Privileged ? DevicePolicy.AllowAll : DevicePolicy.Default));
        var link = new MonitorLink(attach: true, withInput: false, hasTerminal: false);
        try
        {
            CapabilitySet capabilities = CapabilitySet.Resolve(options.CapAdd, options.CapDrop, options.Privileged);
            var compiled = LaunchCompiler.Compile(new LaunchRequest
            {
                Id = id,
                Options = options,
                Command = document.Command,
                Root = Root(services, document),
                Cgroup = Describe(services, cgroup),
                Capabilities = capabilities.Bits,
                Seccomp = SeccompFilter.For(options.SeccompProfile, capabilities, options.Privileged, services.Seccomp),
                MountPoint = services.MountPoint,
                StagingPoint = services.StagingPoint,
                OpenFilesLimit = ProcessLimits.OpenFilesHard(),
                RunningPrefix = $"{{\"bootId\":\"{ProcessIdentity.CurrentBootId}\",",
                HandOverEnvironment = [$"CONTAINERS_CONFIG={services.Configuration.File}"],
                Descriptors = link.TheirEnds(records, state, services.HandOver),
            });
            var plan = new PlanEdit(compiled);
            edit(plan);
            int helper;
            using (FileDescriptor memory = Memfd.Create("pscontainers-plan", plan.Bytes))
            {
                helper = Spawn.Start(program, ["pscontainers", memory.Number.ToString(CultureInfo.InvariantCulture)], [.. compiled.Descriptors, .. plan.Kept, memory.Number]);
            }

            link.CloseTheirEnds();
            _ = Spawn.Reap(helper);
            Assert.True(link.TryReceive(out SessionMessage message, TestContext.Current.CancellationToken), "the helper ended without a word");
            if (message.Kind == SessionMessage.Failed)
            {
                throw LaunchFailure.Explain(compiled, (int)message.Value1, (Errno)message.Value2, (int)message.Value3);
            }

            link.Started(message);
            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    private static LaunchRoot Root(EngineServices services, ContainerDocument document)
    {
        if (document.Options.RootFileSystem is { } folder)
        {
            return new LaunchRoot.Folder(folder);
        }

        string own = $"containers/{document.Id}";
        bool isHost = document.Layers.Count == 0;
        return new LaunchRoot.Overlay(
            services.Roots.StateRoot, isHost ? ["/"] : [.. document.Layers.Reverse().Select(layer => $"layers/{Digest.Hex(layer)}/{LayerStore.FilesName}")],
            $"{own}/upper", $"{own}/work", Volatile: true, isHost ? ["/run", "/tmp", services.Roots.StateRoot, services.Roots.RuntimeRoot] : []);
    }

    private static LaunchCgroup Describe(EngineServices services, ContainerCgroup cgroup) => new(
        [.. cgroup.JoinDescriptors.Select(d => d.Number)], cgroup.IntoDescriptor?.Number, [.. cgroup.Removals.Select(r => (r.Parent.Number, r.Name))],
        cgroup.OomCounter?.Number, cgroup.Shown, [.. services.Cgroups.MonitorJoinDescriptors.Select(d => d.Number)], services.Cgroups.MonitorIntoDescriptor?.Number);
}

/// <summary>A compiled plan in the hands of a test.</summary>
/// <param name="plan">The engine's plan.</param>
internal sealed class PlanEdit(LaunchPlan plan)
{
    /// <summary>Descriptors that the test lets through.</summary>
    public List<int> Kept { get; } = [];

    /// <summary>The plan as it is now.</summary>
    public byte[] Bytes { get; private set; } = [.. plan.Bytes];

    /// <summary>The header.</summary>
    public ref PlanHeader Header => ref MemoryMarshal.AsRef<PlanHeader>(Bytes.AsSpan());

    private Span<PlanStep> Steps => MemoryMarshal.Cast<byte, PlanStep>(Bytes.AsSpan((int)Header.StepsOffset, (int)Header.StepCount * Marshal.SizeOf<PlanStep>()));

    /// <summary>A step of that text.</summary>
    public ref PlanStep Step(string text, int number = 0)
    {
        int[] found = [.. Enumerable.Range(0, plan.Texts.Count).Where(i => plan.Texts[i].ToString().StartsWith(text, StringComparison.Ordinal))];
        Assert.True(found.Length > number, $"the plan has no step '{text}'");
        return ref Steps[found[number]];
    }

    /// <summary>Makes every step of that text do nothing.</summary>
    public PlanEdit LeaveOut(string text, int? operation = null)
    {
        int count = 0;
        for (int i = 0; i < plan.Texts.Count; i++)
        {
            if (plan.Texts[i].ToString().StartsWith(text, StringComparison.Ordinal) && (operation is null || Steps[i].Operation == operation))
            {
                Steps[i] = Nothing;
                count++;
            }
        }

        Assert.True(count > 0, $"the plan has no step '{text}'");
        return this;
    }

    /// <summary>Replaces a step by a system call; its register stays.</summary>
    /// <param name="step">The step.</param>
    /// <param name="number">The system call.</param>
    /// <param name="arguments">Its arguments.</param>
    public static void Replace(ref PlanStep step, int number, params ReadOnlySpan<PlanArgument> arguments)
    {
        byte result = step.Result;
        step = Nothing;
        (step.SystemCall, step.Result) = (number, result);
        Span<long> values = stackalloc long[6];
        for (int i = 0; i < arguments.Length; i++)
        {
            values[i] = arguments[i].Value;
            step.OffsetArguments |= (byte)(arguments[i].Kind == PlanArgumentKind.Offset ? 1 << i : 0);
            step.RegisterArguments |= (byte)(arguments[i].Kind == PlanArgumentKind.Register ? 1 << i : 0);
        }

        (step.A, step.B, step.C, step.D, step.E, step.F) = (values[0], values[1], values[2], values[3], values[4], values[5]);
    }

    /// <summary>Adds data; steps that were found before must be found again.</summary>
    public PlanArgument Add(ReadOnlySpan<byte> data)
    {
        int offset = (Bytes.Length + 7) / 8 * 8;
        byte[] larger = new byte[offset + data.Length];
        Bytes.CopyTo(larger, 0);
        data.CopyTo(larger.AsSpan(offset));
        Bytes = larger;
        Header.Length = (uint)larger.Length;
        return PlanArgument.Offset(offset);
    }

    /// <summary>Adds a C string.</summary>
    public PlanArgument Add(string text) => Add([.. Encoding.UTF8.GetBytes(text), 0]);

    /// <summary>Lets a descriptor through that the plan does not name.</summary>
    public void Keep(int descriptor)
    {
        Kept.Add(descriptor);
        PlanDescriptor[] kept = [.. MemoryMarshal.Cast<byte, PlanDescriptor>(Bytes.AsSpan((int)Header.KeepOffset, (int)Header.KeepCount * Marshal.SizeOf<PlanDescriptor>())),
            new PlanDescriptor { Descriptor = descriptor, IsMonitors = 1 }];
        Array.Sort(kept, (a, b) => a.Descriptor.CompareTo(b.Descriptor));
        uint at = (uint)Add(MemoryMarshal.AsBytes<PlanDescriptor>(kept)).Value;
        (Header.KeepOffset, Header.KeepCount) = (at, (uint)kept.Length);
    }

    private static PlanStep Nothing => new() { Operation = PlanOperation.SystemCall, SystemCall = SysNr.Getpid, Result = PlanRegister.None };
}
