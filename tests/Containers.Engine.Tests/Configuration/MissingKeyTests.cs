using Containers.Engine.Configuration;

namespace Containers.Engine.Tests.Configuration;

/// <summary>A configuration file that says little changes little.</summary>
public sealed class MissingKeyTests
{
    [Theory]
    [InlineData("{}")]
    [InlineData("""{ "cgroupParent": "other" }""")]
    [InlineData("""{ "log": { "maxSize": 5000 }, /* a comment */ "runtime": { "stopTimeout": 3, }, "limits": { "pidsLimit": 7 } }""")]
    [InlineData("""{ "log": null, "runtime": { "seccompProfile": null }, "stateRoot": null }""")]
    public void What_a_file_does_not_set_keeps_its_default(string text)
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, text);
            EngineConfiguration read = EngineConfiguration.Load(path);
            Assert.True(read.Runtime.NoNewPrivileges);
            Assert.Equal(3, read.Log.MaxFiles);
            Assert.Null(read.Limits.Memory);
            Assert.Equal("/var/lib/pscontainers", read.StateRoot);
            Assert.Equal(text.Contains("stopTimeout", StringComparison.Ordinal) ? 3 : 10, read.Runtime.StopTimeout);
            Assert.Equal(text.Contains("maxSize", StringComparison.Ordinal) ? 5000 : 10 * 1024 * 1024, read.Log.MaxSize);
            Assert.Equal(text.Contains("pidsLimit", StringComparison.Ordinal) ? 7 : null, read.Limits.PidsLimit);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
