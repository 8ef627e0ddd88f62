using System.Net.Http;
using System.Net.Http.Headers;

namespace Containers.Engine.Registry;

/// <summary>A request that can be sent any number of times.</summary>
/// <param name="Method">Its method.</param>
/// <param name="Address">Where to.</param>
internal sealed record RegistryRequest(HttpMethod Method, Uri Address)
{
    private static readonly ProductInfoHeaderValue Product = new("containers", typeof(RegistryRequest).Assembly.GetName().Version?.ToString(3) ?? "0");

    /// <summary>The media types it takes.</summary>
    public IReadOnlyList<string> Accept { get; init; } = [];

    /// <summary>The first byte asked for; null for the whole.</summary>
    public long? From { get; init; }

    /// <summary>The credentials or token.</summary>
    public AuthenticationHeaderValue? Authorization { get; init; }

    /// <summary>Makes the body; what it is given is to be called whenever some of it was sent. Null for none.</summary>
    public Func<Action, HttpContent>? Body { get; init; }

    /// <summary>How long an answer may be awaited since the last of the body left; null for the stall time-out.</summary>
    public TimeSpan? Patience { get; init; }

    /// <summary>Whether redirects are followed; only of requests that change nothing.</summary>
    public bool FollowsRedirects => Method == HttpMethod.Get || Method == HttpMethod.Head;

    /// <summary>Makes the message.</summary>
    /// <param name="sent">Called whenever some of the body was sent.</param>
    /// <returns>The message.</returns>
    public HttpRequestMessage ToMessage(Action sent)
    {
        var message = new HttpRequestMessage(Method, Address) { Content = Body?.Invoke(sent) };
        message.Headers.UserAgent.Add(new ProductInfoHeaderValue(Product.Product!));
        message.Headers.Authorization = Authorization;
        foreach (string type in Accept)
        {
            message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        }

        if (From is { } first)
        {
            message.Headers.Range = new RangeHeaderValue(first, null);
        }

        return message;
    }
}
