using System.Security.Cryptography;
using System.Text;

namespace Containers.Engine.Images;

/// <summary>SHA-256 digests as OCI writes them: <c>sha256:</c> and 64 lower-case hexadecimal digits.</summary>
internal static class Digest
{
    /// <summary>What a digest starts with.</summary>
    public const string Prefix = "sha256:";

    private const int HexLength = 64;

    /// <summary>The digest of bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => FromHash(SHA256.HashData(bytes));

    /// <summary>The digest for a finished hash.</summary>
    public static string FromHash(ReadOnlySpan<byte> hash) => Prefix + Convert.ToHexStringLower(hash);

    /// <summary>Whether a text is a digest: the form is what makes it safe as a file name.</summary>
    public static bool IsValid(string? text) =>
        text is { Length: 71 } && text.StartsWith(Prefix, StringComparison.Ordinal) && IsHex(text.AsSpan(Prefix.Length));

    /// <summary>The 64 digits.</summary>
    public static string Hex(string digest) => IsValid(digest)
        ? digest[Prefix.Length..]
        : throw new EngineException(EngineErrorReason.InvalidData, "digest", $"'{Layers.EntryName.Show(Encoding.UTF8.GetBytes(digest))}' is not a sha256 digest.");

    /// <summary>Whether a text is lower-case hexadecimal digits, at most as many as a digest has.</summary>
    public static bool IsHex(ReadOnlySpan<char> text) => text.Length is > 0 and <= HexLength && !text.ContainsAnyExcept("0123456789abcdef");

    /// <summary>The chain ids of layers, lowest first (image-spec, config.md "Layer ChainID").</summary>
    public static IReadOnlyList<string> ChainIds(IReadOnlyList<string> diffIds)
    {
        var chain = new List<string>(diffIds.Count);
        foreach (string diffId in diffIds)
        {
            chain.Add(chain.Count == 0 ? diffId : Of(Encoding.ASCII.GetBytes($"{chain[^1]} {diffId}")));
        }

        return chain;
    }
}
