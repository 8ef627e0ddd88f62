using Containers.Init.Plan;

namespace Containers.Init;

/// <summary>What steps leave for later steps.</summary>
internal unsafe struct LaunchState
{
    internal PlanHeader* Plan;
    internal fixed int Registers[PlanRegister.Count];

    /// <summary>The pipe on which a failure is told; its other end is the monitor's alone.</summary>
    internal int FailurePipe;

    /// <summary>The socket on which the terminal's other end goes to the monitor.</summary>
    internal int TerminalSocket;

    /// <summary>Shared with the monitor: the process that executes the command, where the plan says <see cref="PlanFlags.EnterLast"/>.</summary>
    internal int* Entered;

    /// <summary>What the last compound step found wrong.</summary>
    internal int Fault;

    internal Identity Identity;

    internal byte* At(long offset) => (byte*)((PlanHeader*)Plan) + offset;
}

/// <summary>The container's first process, from clone to exec: executes the plan's steps.</summary>
internal static unsafe class ContainerProcess
{
    internal static void Run(LaunchState* state)
    {
        PlanHeader* plan = state->Plan;
        PlanStep* steps = (PlanStep*)state->At(plan->StepsOffset);
        for (uint i = 0; i < plan->StepCount; i++)
        {
            PlanStep* step = steps + i;
            state->Fault = PlanFault.None;
            long result = step->Operation is PlanOperation.Execute or PlanOperation.Hold ? Announce(state) : 0;
            if (result >= 0)
            {
                result = Execute(state, step);
            }

            if (result < 0)
            {
                int error = (int)-result;
                if (error != step->AllowedError && error != step->AllowedError2)
                {
                    Fail(state, (int)i, error);
                }

                i += step->SkipAfterAllowedError;
                continue;
            }

            if (step->Result != PlanRegister.None)
            {
                state->Registers[step->Result] = (int)result;
            }
        }

        // A plan ends with Execute or Hold, which do not come back.
        Fail(state, (int)plan->StepCount, Error.EINVAL);
    }

    /// <summary>The last act before the command: becomes init's child, or enters the pid namespace, where that is asked for, and tells the monitor that exec follows.</summary>
    private static long Announce(LaunchState* state)
    {
        long result = (state->Plan->Flags & PlanFlags.Init) != 0 ? InitProcess.StayIfParent(state)
            : (state->Plan->Flags & PlanFlags.EnterLast) != 0 ? EnteringProcess.Enter(state) : 0;
        return result < 0 ? result : Sys.Call(SysNr.Write, state->FailurePipe, (long)Text.Z("x"u8), 1);
    }

    private static void Fail(LaunchState* state, int step, int error)
    {
        PlanFailure failure = default;
        failure.Step = step;
        failure.Error = error;
        failure.Fault = state->Fault;
        Sys.Call(SysNr.Write, state->FailurePipe, (long)&failure, sizeof(PlanFailure));
        Entry.Exit(125);
    }

    private static long Execute(LaunchState* state, PlanStep* step)
    {
        long* arguments = &step->A;
        for (int i = 0; i < 6; i++)
        {
            if ((step->OffsetArguments >> i & 1) != 0)
            {
                arguments[i] += (long)state->Plan;
            }
            else if ((step->RegisterArguments >> i & 1) != 0)
            {
                arguments[i] = state->Registers[(int)arguments[i] & (PlanRegister.Count - 1)];
            }
        }

        switch (step->Operation)
        {
            case PlanOperation.SystemCall:
                return Sys.Call(step->SystemCall, step->A, step->B, step->C, step->D, step->E, step->F);
            case PlanOperation.MakeFolders:
                return InRoot.MakeFolders((int)step->A, (byte*)step->B, (int)step->C);
            case PlanOperation.MakeMountPoint:
                return InRoot.MakeMountPoint((int)step->A, (byte*)step->B, (int)step->C, (int)step->D);
            case PlanOperation.MaskPath:
                return InRoot.Mask((int)step->A, (byte*)step->B, (int)step->C, (int)step->D);
            case PlanOperation.VerifyDevice:
                return Verify.Device(state, (int)step->A, (uint)step->B, (uint)step->C);
            case PlanOperation.VerifyFileSystem:
                return Verify.FileSystem(state, (int)step->A, step->B, step->C != 0);
            case PlanOperation.VerifyWorkingFolder:
                return Verify.WorkingFolder(state);
            case PlanOperation.VerifyMonitor:
                return Verify.Monitor(state);
            case PlanOperation.LookUpUser:
                return UserFiles.LookUp(state, (int)step->A, (byte*)step->B, (byte*)step->C, (byte*)step->D, (int)step->E, (int)step->F);
            case PlanOperation.AddGroup:
                return UserFiles.AddGroup(state, (int)step->A, (byte*)step->B, (int)step->C);
            case PlanOperation.SetCredentials:
                return Credentials.TakeOn(&state->Identity, (ulong)step->A, (ulong)step->B);
            case PlanOperation.WriteFile:
                return InRoot.WriteFile((int)step->A, (byte*)step->B, (byte*)step->C, step->D);
            case PlanOperation.OpenTerminal:
                return Terminal.Open(state, (int)step->A, (int)step->B, (int)step->C);
            case PlanOperation.Execute:
                return Command.Execute(state, (byte**)step->A, (byte**)step->B);
            case PlanOperation.Hold:
                HoldingProcess.Stay();
                return 0;
            default:
                state->Fault = PlanFault.Malformed;
                return -Error.EINVAL;
        }
    }

    internal static long WriteAll(int descriptor, byte* text, long length)
    {
        long written = Sys.Call(SysNr.Write, descriptor, (long)text, length);
        return written < 0 || written == length ? written : -Error.EIO;
    }
}
