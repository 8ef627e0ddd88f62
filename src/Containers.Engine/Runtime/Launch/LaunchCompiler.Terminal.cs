using Containers.Init;
using Containers.Init.Plan;

namespace Containers.Engine.Runtime.Launch;

/// <content>The command's terminal.</content>
internal sealed partial class LaunchCompiler
{
    /// <summary>After the user is known, whose it will be.</summary>
    private PlanArgument OpenTerminal()
    {
        PlanArgument terminal = plan.NewRegister();
        plan.Do(new("making the terminal"), PlanOperation.OpenTerminal, root, Options.TerminalSize?.Rows ?? 0, Options.TerminalSize?.Columns ?? 0).Into(terminal);
        return terminal;
    }

    /// <summary>The terminal is /dev/console too, as the OCI specification has it: the descriptor that was made is mounted, and no name is followed.</summary>
    private void ShowConsole(PlanArgument terminal)
    {
        PlanArgument tree = plan.NewRegister(), target = plan.NewRegister();
        var text = new StepText("mounting", "/dev/console");
        plan.Call(text, SysNr.OpenTree, terminal, empty, TreeClone | CloseOnExec | EmptyPath).Into(tree);
        plan.Do(text, PlanOperation.MakeMountPoint, root, Text("/dev/console"), 0x1ed, tree).Into(target);
        plan.Call(text, SysNr.MoveMount, tree, empty, target, empty, MoveFromEmptyPath | MoveToEmptyPath);
    }
}
