using System.Net;
using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>Makes the failures that a registry's answers mean.</summary>
internal static class RegistryErrors
{
    private const int LargestAnswer = 64 * 1024, MostErrors = 3;

    /// <summary>What a registry says of its refusal; empty where it says nothing that can be shown.</summary>
    /// <param name="response">The refusal.</param>
    /// <param name="cancellation">Ends the reading.</param>
    /// <returns>Text to be appended to a sentence, with a space before it.</returns>
    public static string Said(RegistryResponse response, CancellationToken cancellation)
    {
        try
        {
            byte[] body = response.ReadDocument(LargestAnswer, "error", cancellation);
            ErrorDocument? document = OciDocument.TryParse(body, RegistryJson.Default.ErrorDocument, out _);
            string[] errors =
            [
                .. (document?.Errors ?? []).Take(MostErrors)
                    .Select(error => string.Join(": ", new[] { error?.Code, error?.Message }.Where(part => !string.IsNullOrWhiteSpace(part)).Select(part => RegistryText.Show(part!))))
                    .Where(error => error.Length > 0),
            ];
            return errors.Length == 0 ? string.Empty : $" It says: {string.Join("; ", errors)}.";
        }
        catch (Exception failure) when (failure is EngineException or RegistryConnectionException)
        {
            return string.Empty;
        }
    }

    /// <summary>The failure of a request that the registry allows to nobody, or not to these credentials.</summary>
    public static EngineException NotAuthorized(string host, string said, RegistryCredential? credential) => new(
        EngineErrorReason.AuthenticationFailed,
        host,
        credential switch
        {
            { IsNew: true } => $"{host} does not accept them: the user name or the password (or access token) is incorrect.{said} Nothing was kept.",
            not null => $"{host} does not accept the credentials there are for it, or they do not allow this.{said} Sign in again: Connect-ContainerRegistry {host}",
            _ => $"{host} wants to know who asks: what was asked for does not exist there, or is not public.{said} Sign in: Connect-ContainerRegistry {host}",
        });

    /// <summary>The failure that a status means.</summary>
    /// <param name="host">The registry.</param>
    /// <param name="response">The answer.</param>
    /// <param name="attempt">What was attempted, as in "reading the tags of x".</param>
    /// <param name="cancellation">Ends the reading of what the registry says.</param>
    /// <returns>An exception to throw; one that asks for another attempt where that may do.</returns>
    public static Exception Status(string host, RegistryResponse response, string attempt, CancellationToken cancellation)
    {
        string said = Said(response, cancellation);
        HttpStatusCode status = response.Status;
        EngineException failure = status switch
        {
            HttpStatusCode.TooManyRequests => new(
                EngineErrorReason.LimitExceeded,
                host,
                $"{host} allows no more requests for now ({attempt}).{said} {(response.RetryAfter is { TotalSeconds: > 0 } wait ? $"Try again in {Math.Ceiling(Math.Min(wait.TotalSeconds, 1e9)):0} seconds" : "Try again later")}, or sign in for a higher limit: Connect-ContainerRegistry {host}"),
            HttpStatusCode.NotFound => new(EngineErrorReason.NotFound, host, $"{host} does not have it ({attempt}).{said} Check the image's name."),
            HttpStatusCode.Forbidden => new(
                EngineErrorReason.PermissionDenied, host, $"{host} does not allow it ({attempt}).{said} Sign in with an account that may: Connect-ContainerRegistry {host}"),
            HttpStatusCode.MethodNotAllowed => new(EngineErrorReason.NotSupported, host, $"{host} does not offer it ({attempt}).{said} The registry may be read-only, or a mirror."),
            _ when RetryPolicy.IsBusy(status) => new(EngineErrorReason.ConnectionFailed, host, $"{host} failed with status {(int)status} ({attempt}).{said} Try again later."),
            _ => new(EngineErrorReason.ConnectionFailed, host, $"{host} answered with status {(int)status} ({attempt}).{said}"),
        };
        return RetryPolicy.IsBusy(status) ? new RegistryBusyException(failure, response.RetryAfter) : failure;
    }

    /// <summary>The failure of what a registry sent and what cannot be taken.</summary>
    /// <param name="subject">What it concerns.</param>
    /// <param name="message">A sentence for the user.</param>
    /// <returns>The failure.</returns>
    public static EngineException Invalid(string subject, string message) => new(EngineErrorReason.InvalidData, subject, message);
}
