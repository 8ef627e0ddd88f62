using System.Globalization;
using System.Text.Json;

namespace Containers.Bench;

/// <summary>The tables, the budgets, and the file with every measurement.</summary>
internal sealed class Report(IReadOnlyList<Contestant> contestants, IReadOnlyList<MemoryRow> memory, IReadOnlyList<Contestant> imports)
{
    internal void Print(TextWriter to)
    {
        if (contestants.Count > 0)
        {
            to.WriteLine($"{"run a static true",-44}{"runs",5}{"median ms",11}{"min",9}{"p10",9}{"p90",9}{"x floor",9}{"x crun",9}");
            foreach (Contestant contestant in contestants)
            {
                to.WriteLine(Row(contestant, Ratio(contestant, "floor"), Ratio(contestant, IsExec(contestant) ? "exec-crun" : "crun")));
            }
        }

        if (memory.Count > 0)
        {
            to.WriteLine();
            to.WriteLine($"{"memory of an idle container's keeper",-44}{"RSS kB",11}{"private kB",12}");
            foreach (MemoryRow row in memory)
            {
                to.WriteLine(row.Absent is null
                    ? Invariant($"{row.Process,-44}{row.Resident / 1024.0,11:F0}{row.Private / 1024.0,12:F0}")
                    : $"{row.Process,-44}  absent: {row.Absent}");
            }
        }

        if (imports.Count > 0)
        {
            to.WriteLine();
            to.WriteLine($"{"Import-Module, a new process each",-44}{"runs",5}{"median ms",11}{"min",9}{"p10",9}{"p90",9}");
            foreach (Contestant contestant in imports)
            {
                to.WriteLine(Row(contestant, null, null).TrimEnd());
            }
        }

        to.WriteLine();
        PrintBudgets(to);
    }

    internal void WriteJson(string file)
    {
        using FileStream stream = File.Create(file);
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartObject();
        foreach ((string key, IReadOnlyList<Contestant> group) in new[] { ("run", contestants), ("import", imports) })
        {
            json.WriteStartObject(key);
            foreach (Contestant contestant in group)
            {
                json.WriteStartObject(contestant.Name);
                if (contestant.Absent is not null)
                {
                    json.WriteString("absent", contestant.Absent);
                }

                json.WriteStartArray("nanoseconds");
                contestant.Times.ForEach(json.WriteNumberValue);
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        json.WriteStartObject("memory");
        foreach (MemoryRow row in memory)
        {
            json.WriteStartObject(row.Process);
            if (row.Absent is null)
            {
                json.WriteNumber("residentBytes", row.Resident!.Value);
                json.WriteNumber("privateBytes", row.Private!.Value);
            }
            else
            {
                json.WriteString("absent", row.Absent);
            }

            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static string Row(Contestant contestant, double? floor, double? crun)
    {
        string title = $"{contestant.Name}: {contestant.What}";
        if (contestant.Times.Count == 0)
        {
            return $"{title,-44}  absent: {contestant.Absent}";
        }

        var times = Statistics.Of(contestant.Times);
        return Invariant($"{title,-44}{contestant.Times.Count,5}{times.Median,11:F2}{times.Shortest,9:F2}{times.P10,9:F2}{times.P90,9:F2}{floor,9:F2}{crun,9:F2}") +
            (contestant.Absent is null ? string.Empty : $"  then {contestant.Absent}");
    }

    private double? Ratio(Contestant contestant, string to) =>
        contestant.Times.Count > 0 && contestants.FirstOrDefault(c => c.Name == to) is { Times.Count: > 0 } other
            ? Statistics.Of(contestant.Times).Median / Statistics.Of(other.Times).Median
            : null;

    private static bool IsExec(Contestant contestant) => contestant.Name.StartsWith("exec-", StringComparison.Ordinal);

    private void PrintBudgets(TextWriter to)
    {
        Contestant? own = contestants.FirstOrDefault(static c => c.Name == "cmdlet" && c.Times.Count > 0)
            ?? contestants.FirstOrDefault(static c => c.Name == "engine" && c.Times.Count > 0);
        if (own is not null)
        {
            Budget(to, $"{own.Name} <= 1.5 x floor", Ratio(own, "floor"), 1.5, atMost: true);
            Budget(to, $"{own.Name} <= 0.6 x crun", Ratio(own, "crun"), 0.6, atMost: true);
            foreach (Contestant peer in contestants.Where(static c => c.Name.StartsWith("docker", StringComparison.Ordinal) || c.Name.StartsWith("podman", StringComparison.Ordinal)))
            {
                Budget(to, $"{peer.Name} >= 10 x {own.Name}", Ratio(peer, own.Name), 10, atMost: false);
            }
        }

        if (contestants.FirstOrDefault(static c => c.Name == "exec-cmdlet" && c.Times.Count > 0) is { } exec)
        {
            Budget(to, "exec-cmdlet <= 0.5 x crun exec", Ratio(exec, "exec-crun"), 0.5, atMost: true);
            foreach (Contestant peer in contestants.Where(static c => c.Name is "exec-docker" or "exec-podman"))
            {
                Budget(to, $"{peer.Name} >= 10 x exec-cmdlet", Ratio(peer, exec.Name), 10, atMost: false);
            }
        }

        Budget(to, "monitor RSS <= 100 kB", memory.FirstOrDefault(static m => m.Process == "monitor")?.Resident / 1024.0, 100, atMost: true);
        if (imports is [{ Times.Count: > 0 } empty, { Times.Count: > 0 } module])
        {
            Budget(to, "Import-Module <= 150 ms over an empty one", Statistics.Of(module.Times).Median - Statistics.Of(empty.Times).Median, 150, atMost: true);
        }
    }

    private static void Budget(TextWriter to, string text, double? value, double bound, bool atMost)
    {
        if (value is { } number)
        {
            to.WriteLine(Invariant($"budget {text,-44}{number,9:F2}  {((atMost ? number <= bound : number >= bound) ? "reached" : "MISSED")}"));
        }
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
