using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Containers.Engine.Images;

namespace Containers.Engine.Registry;

/// <summary>
/// Runs the programs that keep credentials, <c>docker-credential-NAME</c>: a request on their standard input, a JSON answer on their output, both bounded.
/// </summary>
/// <param name="searchPath">The folders in which they are looked for, as in <c>PATH</c>.</param>
internal sealed partial class CredentialHelpers(string searchPath)
{
    private const int LargestAnswer = 64 * 1024;
    private const string IdentityTokenUser = "<token>", NotFound = "credentials not found";

    /// <summary>How long a helper may take; it may ask the user.</summary>
    internal TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>What a host's credentials are kept under; Docker Hub's have an address of old.</summary>
    public static string KeyOf(string host) => host == RegistryAddress.DockerHub ? "https://index.docker.io/v1/" : host;

    /// <summary>Asks for credentials.</summary>
    /// <param name="helper">The helper's name.</param>
    /// <param name="host">The host.</param>
    /// <param name="file">The file that names the helper.</param>
    /// <param name="cancellation">Ends the waiting for it.</param>
    /// <returns>The credentials; null where it has none.</returns>
    /// <exception cref="EngineException">AuthenticationFailed.</exception>
    public RegistryCredential? Get(string helper, string host, string file, CancellationToken cancellation)
    {
        (int exitCode, string answer) = Run(helper, "get", KeyOf(host), host, file, cancellation);
        if (exitCode != 0)
        {
            return answer.Contains(NotFound, StringComparison.OrdinalIgnoreCase) ? null : throw Failed(helper, host, file, answer);
        }

        HelperDocument? document = OciDocument.TryParse(Encoding.UTF8.GetBytes(answer), RegistryJson.Default.HelperDocument, out _);
        return document is not { UserName: not null, Secret: not null } ? throw Failed(helper, host, file, "its answer is not what a helper answers")
            : document.Secret.Length == 0 ? null
            : document.UserName == IdentityTokenUser ? new RegistryCredential(string.Empty, document.Secret) { IsIdentityToken = true }
            : new RegistryCredential(document.UserName, document.Secret);
    }

    /// <summary>Gives credentials to be kept.</summary>
    /// <param name="helper">The helper's name.</param>
    /// <param name="host">The host.</param>
    /// <param name="credential">The credentials.</param>
    /// <param name="file">The file that names the helper.</param>
    /// <exception cref="EngineException">AuthenticationFailed.</exception>
    public void Store(string helper, string host, RegistryCredential credential, string file)
    {
        var document = new HelperDocument { ServerUrl = KeyOf(host), UserName = credential.User, Secret = credential.Secret };
        (int exitCode, string answer) = Run(helper, "store", JsonSerializer.Serialize(document, RegistryJson.Default.HelperDocument), host, file, CancellationToken.None);
        if (exitCode != 0)
        {
            throw Failed(helper, host, file, answer);
        }
    }

    /// <summary>Has credentials forgotten.</summary>
    /// <param name="helper">The helper's name.</param>
    /// <param name="host">The host.</param>
    /// <param name="file">The file that names the helper.</param>
    /// <exception cref="EngineException">AuthenticationFailed.</exception>
    public void Erase(string helper, string host, string file)
    {
        (int exitCode, string answer) = Run(helper, "erase", KeyOf(host), host, file, CancellationToken.None);
        if (exitCode != 0)
        {
            throw Failed(helper, host, file, answer);
        }
    }

    private (int ExitCode, string Answer) Run(string helper, string verb, string input, string host, string file, CancellationToken cancellation)
    {
        // Never from the current folder, where a start by the bare name would look too.
        string? program = NameForm().IsMatch(helper)
            ? searchPath.Split(':').Where(System.IO.Path.IsPathFullyQualified).Select(folder => $"{folder}/docker-credential-{helper}").FirstOrDefault(File.Exists)
            : null;
        if (program is null)
        {
            throw Failed(helper, host, file, "there is no such program in PATH");
        }

        var start = new ProcessStartInfo(program)
        {
            UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, ArgumentList = { verb },
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception failure)
        {
            throw Failed(helper, host, file, failure.Message);
        }

        using (process)
        {
            Task<(int ExitCode, string Answer)> talk = Talk(process, input);
            bool isDone = false;
            try
            {
                isDone = talk.Wait((int)Limit.TotalMilliseconds, cancellation);
                return isDone ? talk.Result : throw Failed(helper, host, file, $"it did not answer within {Limit.TotalSeconds:0.#} seconds");
            }
            catch (AggregateException failure) when (failure.InnerException is IOException or InvalidDataException)
            {
                throw Failed(helper, host, file, failure.InnerException.Message);
            }
            finally
            {
                // Reading its pipes does not end before it does.
                if (!isDone)
                {
                    process.Kill(entireProcessTree: true);
                }
            }
        }
    }

    private static async Task<(int ExitCode, string Answer)> Talk(Process process, string input)
    {
        Task<byte[]> output = ReadBounded(process.StandardOutput.BaseStream);
        Task<byte[]> errors = ReadBounded(process.StandardError.BaseStream);
        try
        {
            await process.StandardInput.BaseStream.WriteAsync(Encoding.UTF8.GetBytes(input));
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It does not read to the end: what it answers counts.
        }

        byte[] answer = await output;
        byte[] said = await errors;
        await process.WaitForExitAsync();
        return (process.ExitCode, Encoding.UTF8.GetString(answer.AsSpan().Trim(" \t\r\n"u8).IsEmpty && process.ExitCode != 0 ? said : answer));
    }

    private static async Task<byte[]> ReadBounded(Stream stream)
    {
        byte[] buffer = new byte[LargestAnswer];
        int length = 0;
        int count;
        while ((count = await stream.ReadAsync(buffer.AsMemory(length))) > 0)
        {
            length += count;
            if (length == buffer.Length)
            {
                throw new InvalidDataException($"its answer is longer than {LargestAnswer} bytes");
            }
        }

        return buffer[..length];
    }

    private static EngineException Failed(string helper, string host, string file, string reason) => new(
        EngineErrorReason.AuthenticationFailed,
        host,
        $"The credential helper 'docker-credential-{RegistryText.Show(helper)}' that '{file}' names for {host} failed: {RegistryText.Show(reason.Trim())}. Repair it, or take its name out of that file.");

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9._-]{0,63}\z", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex NameForm();
}
