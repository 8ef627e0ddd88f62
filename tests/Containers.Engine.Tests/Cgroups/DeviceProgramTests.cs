using Containers.Engine.Cgroups;
using Containers.Interop;

namespace Containers.Engine.Tests.Cgroups;

public sealed class DeviceProgramTests
{
    [Theory]
    [InlineData("c 1:3 rw", true)]
    [InlineData("c 1:3 rwm", true)]
    [InlineData("c 1:5 r", true)]
    [InlineData("c 1:9 w", true)]
    [InlineData("c 5:2 rw", true)]
    [InlineData("c 136:0 rw", true)]
    [InlineData("c 136:1048575 rw", true)]
    [InlineData("c 10:200 m", true)]
    [InlineData("b 8:0 m", true)]
    [InlineData("b 4095:1048575 m", true)]
    [InlineData("c 1:11 r", false)] // kmsg
    [InlineData("c 1:1 r", false)] // mem
    [InlineData("c 1:4 rw", false)] // port
    [InlineData("c 10:200 rw", false)] // tun
    [InlineData("c 10:229 rw", false)] // fuse
    [InlineData("b 1:3 r", false)] // a disk of null's number
    [InlineData("b 7:0 r", false)]
    [InlineData("b 8:0 w", false)]
    [InlineData("b 8:0 rm", false)]
    [InlineData("c 137:0 r", false)]
    [InlineData("c 5:3 r", false)]
    [InlineData("c 4294967295:3 r", false)]
    public void The_default_policy_allows_the_pseudo_devices_and_making_nodes_alone(string access, bool isAllowed)
    {
        (DeviceKind kind, uint major, uint minor, DeviceAccess asked) = Parse(access);
        Assert.Equal(isAllowed, Run(DeviceProgram.Compile(DevicePolicy.Default), kind, major, minor, asked));
    }

    [Fact]
    public void The_program_says_what_the_rules_say()
    {
        DeviceKind[] kinds = [DeviceKind.Block, DeviceKind.Character];
        uint?[] numbers = [null, 0, 1, 2];
        var random = new Random(1);
        for (int round = 0; round < 300; round++)
        {
            DeviceRule[] rules = [.. Enumerable.Range(0, random.Next(4)).Select(_ => new DeviceRule(
                kinds[random.Next(2)], numbers[random.Next(4)], numbers[random.Next(4)], (DeviceAccess)random.Next(1, 8)))];
            DevicePolicy policy = DevicePolicy.Default.With(rules);
            BpfInstruction[] program = DeviceProgram.Compile(policy);
            foreach (DeviceKind kind in kinds)
            {
                for (uint device = 0; device < 16; device++)
                {
                    for (int access = 1; access < 8; access++)
                    {
                        (uint major, uint minor) = (device / 4, device % 4);
                        bool expected = policy.Rules.Any(rule =>
                            rule.Kind == kind && (rule.Major ?? major) == major && (rule.Minor ?? minor) == minor
                            && ((DeviceAccess)access & ~rule.Access) == DeviceAccess.None);
                        Assert.Equal(expected, Run(program, kind, major, minor, (DeviceAccess)access));
                    }
                }
            }
        }
    }

    [Fact]
    public void Several_rules_for_one_device_are_one_with_all_their_accesses()
    {
        DevicePolicy policy = DevicePolicy.Default.With(
            new DeviceRule(DeviceKind.Block, 8, 0, DeviceAccess.Read), new DeviceRule(DeviceKind.Block, 8, 0, DeviceAccess.Write));

        Assert.True(Run(DeviceProgram.Compile(policy), DeviceKind.Block, 8, 0, DeviceAccess.Read | DeviceAccess.Write));
        Assert.Contains("b 8:0 rw", policy.Key, StringComparison.Ordinal);
    }

    [Fact]
    public void A_policy_that_allows_all_does()
    {
        Assert.True(Run(DeviceProgram.Compile(DevicePolicy.AllowAll), DeviceKind.Block, 8, 0, DeviceAccess.All));
        Assert.Same(DevicePolicy.AllowAll, DevicePolicy.AllowAll.With(new DeviceRule(DeviceKind.Block, 8, 0, DeviceAccess.Read)));
    }

    [Fact]
    public void Rules_are_written_as_v1_takes_them()
    {
        Assert.Equal("c 1:3 rwm", new DeviceRule(DeviceKind.Character, 1, 3, DeviceAccess.All).ToString());
        Assert.Equal("b *:* m", new DeviceRule(DeviceKind.Block, null, null, DeviceAccess.MakeNode).ToString());
    }

    [Fact]
    public unsafe void An_instruction_has_the_kernels_layout()
    {
        var instruction = new BpfInstruction(0x55, 2, 3, -2, 0x04030201);
        Assert.Equal((byte[])[0x55, 0x32, 0xfe, 0xff, 1, 2, 3, 4], new ReadOnlySpan<byte>(&instruction, sizeof(BpfInstruction)).ToArray());
    }

    private static (DeviceKind Kind, uint Major, uint Minor, DeviceAccess Access) Parse(string text)
    {
        string[] fields = text.Split(' ', ':');
        DeviceAccess access = DeviceAccess.None;
        foreach (char letter in fields[3])
        {
            access |= letter switch { 'r' => DeviceAccess.Read, 'w' => DeviceAccess.Write, _ => DeviceAccess.MakeNode };
        }

        return (fields[0] == "b" ? DeviceKind.Block : DeviceKind.Character, uint.Parse(fields[1]), uint.Parse(fields[2]), access);
    }

    // The instructions of RFC 9669 that the compiler uses, read anew from the specification; anything else fails the test, as do jumps backwards.
    private static bool Run(BpfInstruction[] program, DeviceKind kind, uint major, uint minor, DeviceAccess access)
    {
        uint[] context = [((uint)access << 16) | (uint)kind, major, minor];
        ulong[] register = new ulong[11];
        for (int i = 0; i < program.Length; i++)
        {
            BpfInstruction step = program[i];
            ulong immediate = (ulong)(long)step.Immediate;
            switch (step.Code)
            {
                case 0x61:
                    Assert.Equal(1, step.Source);
                    register[step.Destination] = context[step.Offset / 4];
                    break;
                case 0xb7:
                    register[step.Destination] = immediate;
                    break;
                case 0xbf:
                    register[step.Destination] = register[step.Source];
                    break;
                case 0x57:
                    register[step.Destination] &= immediate;
                    break;
                case 0x77:
                    register[step.Destination] >>= step.Immediate;
                    break;
                case 0x55:
                    Assert.InRange(step.Offset, 0, program.Length);
                    i += register[step.Destination] != immediate ? step.Offset : 0;
                    break;
                case 0x95:
                    return register[0] == 1;
                default:
                    Assert.Fail($"unknown instruction 0x{step.Code:x2}");
                    break;
            }
        }

        Assert.Fail("the program ran over its end");
        return false;
    }
}
