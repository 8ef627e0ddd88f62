using System.Management.Automation;
using Containers.Engine.Namespaces;

namespace Containers.Commands;

/// <summary>The namespaces that a session's thread has entered, the last one on top, with the prompt that was there before.</summary>
internal static class EnteredNamespaces
{
    private static readonly ScriptBlock GetPrompt = ScriptBlock.Create("$function:global:prompt");

    private static readonly ScriptBlock SetPrompt = ScriptBlock.Create("param($prompt) $function:global:prompt = $prompt");

    private static readonly ScriptBlock MakePrompt =
        ScriptBlock.Create("param($label, $before) $function:global:prompt = { \"[$label] $(& $before)\" }.GetNewClosure()");

    // Where a host gives each pipeline a thread of its own, what was entered ends with it.
    [ThreadStatic]
    private static Stack<Entry>? s_entries;

    private static Stack<Entry> Entries => s_entries ??= new();

    /// <summary>How many are entered.</summary>
    public static int Count => Entries.Count;

    /// <summary>Notes what was entered, and shows it in the prompt.</summary>
    /// <param name="label">What the prompt shows.</param>
    /// <param name="namespaces">What was entered.</param>
    public static void Push(string label, ThreadNamespaces namespaces)
    {
        var before = GetPrompt.Invoke() is [var prompt, ..] ? prompt?.BaseObject as ScriptBlock : null;
        Entries.Push(new Entry(label, namespaces, before));
        if (before is not null)
        {
            MakePrompt.Invoke(label, before);
        }
    }

    /// <summary>Leaves what was entered last.</summary>
    /// <returns>What the prompt showed, and how many threads stay inside.</returns>
    public static (string Label, int Strays) Pop()
    {
        var (label, namespaces, before) = Entries.Pop();
        if (before is not null)
        {
            SetPrompt.Invoke(before);
        }

        namespaces.Leave();
        return (label, namespaces.CountStrays());
    }

    private sealed record Entry(string Label, ThreadNamespaces Namespaces, ScriptBlock? Prompt);
}
