using System.Security.Cryptography;

namespace Containers.Engine.Runtime;

/// <summary>Ids, and names for containers that were given none.</summary>
internal static class ContainerNames
{
    private static readonly string[] Qualities =
    [
        "able", "amber", "brave", "bright", "brisk", "calm", "candid", "clear", "cosy", "deft", "eager", "early", "fair", "fleet", "fond", "fresh",
        "gentle", "glad", "golden", "grand", "happy", "hardy", "honest", "jolly", "keen", "kind", "lively", "lucid", "merry", "mild", "neat", "nimble",
        "noble", "patient", "plain", "plucky", "polite", "proud", "quick", "quiet", "ready", "robust", "silver", "sleek", "smooth", "sober", "solid",
        "steady", "stout", "sunny", "swift", "tidy", "trusty", "vivid", "warm", "wise", "witty", "young", "zesty",
    ];

    private static readonly string[] Things =
    [
        "anchor", "badger", "barge", "beacon", "birch", "boat", "bridge", "canal", "cargo", "cedar", "comet", "compass", "coral", "crane", "delta",
        "dock", "dune", "falcon", "ferry", "fjord", "galley", "glacier", "harbour", "heron", "island", "kayak", "keel", "lagoon", "lantern", "lark",
        "lighthouse", "maple", "marlin", "meadow", "mill", "oar", "orbit", "otter", "pebble", "pier", "plover", "puffin", "quay", "raft", "reef",
        "river", "rudder", "sail", "schooner", "seal", "shore", "sloop", "sparrow", "spruce", "tern", "tide", "tug", "valley", "wharf", "willow",
    ];

    /// <summary>64 random hexadecimal digits.</summary>
    public static string NewId() => RandomNumberGenerator.GetHexString(64, lowercase: true);

    /// <summary>A name to be read aloud; a number follows where many were taken already.</summary>
    /// <param name="attempt">How many were taken.</param>
    public static string NewName(int attempt)
    {
        string name = $"{Pick(Qualities)}-{Pick(Things)}";
        return attempt < 3 ? name : $"{name}-{RandomNumberGenerator.GetInt32(1000, 10000)}";
    }

    private static string Pick(string[] words) => words[RandomNumberGenerator.GetInt32(words.Length)];
}
