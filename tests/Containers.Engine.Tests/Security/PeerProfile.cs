using System.Globalization;
using System.Text.Json;
using Containers.Engine.Security;

namespace Containers.Engine.Tests.Security;

/// <summary>Another engine's profile, read and judged by the letter, without our parser and compiler.</summary>
internal sealed class PeerProfile
{
    private readonly JsonElement _root;

    internal PeerProfile(string path)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(path));
        _root = document.RootElement.Clone();
    }

    /// <summary>What the profile permits a container: for each call number the conditions under which it does.</summary>
    internal ILookup<uint, Func<ulong[], bool>> Permitted(SystemCallAbi abi, CapabilitySet caps, Version kernel)
    {
        string machine = abi is SystemCallAbi.X64 or SystemCallAbi.I386 ? "amd64" : "arm64";
        IReadOnlyDictionary<string, uint> numbers = SystemCallTable.Of(abi).Numbers;
        return (from rule in _root.GetProperty("syscalls").EnumerateArray()
            where rule.GetProperty("action").GetString() == "SCMP_ACT_ALLOW" && InForce(rule, machine, caps, kernel)
            from name in rule.GetProperty("names").EnumerateArray()
            where numbers.ContainsKey(name.GetString()!)
            select (Number: numbers[name.GetString()!], Rule: rule))
            .ToLookup(r => r.Number, r => (Func<ulong[], bool>)(arguments => List(r.Rule, "args").All(a => Holds(a, arguments))));
    }

    private static bool InForce(JsonElement rule, string machine, CapabilitySet caps, Version kernel)
    {
        bool isIncluded = !rule.TryGetProperty("includes", out JsonElement includes) || (
            List(includes, "caps").All(c => caps.Contains(Enum.Parse<Capability>(c.GetString()!)))
            && (!List(includes, "arches").Any() || List(includes, "arches").Any(a => a.GetString() == machine))
            && (!includes.TryGetProperty("minKernel", out JsonElement from) || kernel >= Version.Parse(from.GetString()!)));
        bool isExcluded = rule.TryGetProperty("excludes", out JsonElement excludes) && (
            List(excludes, "caps").Any(c => caps.Contains(Enum.Parse<Capability>(c.GetString()!)))
            || List(excludes, "arches").Any(a => a.GetString() == machine));
        return isIncluded && !isExcluded;
    }

    private static bool Holds(JsonElement condition, ulong[] arguments)
    {
        ulong argument = arguments[condition.GetProperty("index").GetInt32()];
        ulong value = condition.GetProperty("value").GetUInt64();
        ulong two = condition.TryGetProperty("valueTwo", out JsonElement second) ? second.GetUInt64() : 0;
        return condition.GetProperty("op").GetString() switch
        {
            "SCMP_CMP_EQ" => argument == value,
            "SCMP_CMP_NE" => argument != value,
            "SCMP_CMP_LT" => argument < value,
            "SCMP_CMP_GT" => argument > value,
            "SCMP_CMP_MASKED_EQ" => (argument & value) == two,
            var other => throw new InvalidDataException(string.Create(CultureInfo.InvariantCulture, $"{other} is not used in these profiles")),
        };
    }

    private static IEnumerable<JsonElement> List(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement list) && list.ValueKind == JsonValueKind.Array ? list.EnumerateArray() : [];
}
