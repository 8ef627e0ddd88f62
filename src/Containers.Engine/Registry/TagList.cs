using System.Net;
using System.Net.Http;
using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>Reads a repository's tags, page by page (distribution-spec, "Listing Tags").</summary>
internal static class TagList
{
    private const int LargestPage = 4 << 20, MostPages = 1000, MostTags = 100_000;

    /// <summary>Reads the tags.</summary>
    /// <param name="client">The registry.</param>
    /// <param name="path">The repository.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <returns>The tags, in the order of their characters, whatever the registry's is.</returns>
    /// <exception cref="EngineException">NotFound, InvalidData, LimitExceeded, AuthenticationFailed, ConnectionFailed ...</exception>
    public static IReadOnlyList<string> Read(RegistryClient client, string path, CancellationToken cancellation)
    {
        string host = client.Endpoint.Host, attempt = $"reading the tags of {path}";
        var tags = new List<string>();
        string? page = $"/v2/{path}/tags/list?n=1000";
        for (int pages = 0; page is not null; pages++)
        {
            if (pages == MostPages || tags.Count > MostTags)
            {
                throw new EngineException(EngineErrorReason.LimitExceeded, path, $"{host} lists more than {MostTags} tags, or {MostPages} pages of tags, of {path}. No more are taken.");
            }

            string current = page;
            (IReadOnlyList<string> Tags, string? Next) read = client.Retry.Run(() => ReadPage(client, path, current, attempt, cancellation), cancellation);
            tags.AddRange(read.Tags);
            page = read.Next;
        }

        return [.. tags.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static (IReadOnlyList<string> Tags, string? Next) ReadPage(RegistryClient client, string path, string page, string attempt, CancellationToken cancellation)
    {
        string host = client.Endpoint.Host;
        using RegistryResponse response = client.SendOnce(
            () => new RegistryRequest(HttpMethod.Get, client.Endpoint.At(page)) { Accept = ["application/json"] }, [$"repository:{path}:pull"], attempt, cancellation);
        if (response.Status == HttpStatusCode.NotFound)
        {
            throw new EngineException(EngineErrorReason.NotFound, path, $"There is no repository '{path}' in the registry {host}.{RegistryErrors.Said(response, cancellation)} Check its name.");
        }

        if (response.Status != HttpStatusCode.OK)
        {
            throw RegistryErrors.Status(host, response, attempt, cancellation);
        }

        TagListDocument document = OciDocument.TryParse(
            response.ReadDocument(LargestPage, "list of tags", cancellation), RegistryJson.Default.TagListDocument, out string? problem)
            ?? throw RegistryErrors.Invalid(path, $"The list of tags of {path} that {host} sends is no JSON of tags: {problem}.");
        string[] tags = [.. (document.Tags ?? []).Select(tag => tag ?? string.Empty)];
        return Array.Find(tags, tag => !ImageName.TryParse($"x:{tag}", out _, out _)) is { } wrong
            ? throw RegistryErrors.Invalid(path, $"{host} lists '{RegistryText.Show(wrong)}' among the tags of {path}, which is no tag.")
            : (tags, Next(client, response, path));
    }

    // RFC 8288: <address>; rel="next". It has to stay with this server.
    private static string? Next(RegistryClient client, RegistryResponse response, string path)
    {
        string? link = response.HeaderValues("Link").FirstOrDefault(value => value.Contains("next", StringComparison.OrdinalIgnoreCase));
        int start = link?.IndexOf('<', StringComparison.Ordinal) ?? -1, end = link?.IndexOf('>', StringComparison.Ordinal) ?? -1;
        if (start < 0 || end <= start)
        {
            return null;
        }

        return Uri.TryCreate(response.Address, link![(start + 1)..end], out Uri? next) && next.Authority == response.Address.Authority && client.Endpoint.Owns(response.Address)
            ? next.PathAndQuery
            : throw RegistryErrors.Invalid(path, $"{client.Endpoint.Host} says that its list of tags of {path} goes on elsewhere. It was not followed there.");
    }
}
