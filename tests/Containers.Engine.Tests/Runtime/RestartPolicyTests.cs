using Containers.Engine.Runtime;

namespace Containers.Engine.Tests.Runtime;

/// <summary>Restart policies as they are written.</summary>
public sealed class RestartPolicyTests
{
    [Theory]
    [InlineData("no", RestartMode.No, 0, "no")]
    [InlineData("Always", RestartMode.Always, 0, "always")]
    [InlineData("UNLESS-STOPPED", RestartMode.UnlessStopped, 0, "unless-stopped")]
    [InlineData("on-failure", RestartMode.OnFailure, 0, "on-failure")]
    [InlineData("On-Failure:12", RestartMode.OnFailure, 12, "on-failure:12")]
    public void A_policy_is_read_in_dockers_words_of_whatever_case(string text, RestartMode mode, int retries, string canonical)
    {
        RestartPolicy policy = RestartPolicy.Parse(text);
        Assert.Equal(new RestartPolicy(mode, retries), policy);
        Assert.Equal(canonical, policy.ToString());
    }

    [Theory]
    [InlineData("", "no, on-failure, on-failure:N")]
    [InlineData("sometimes", "unless-stopped")]
    [InlineData("always:3", "only on-failure")]
    [InlineData("no:1", "only on-failure")]
    [InlineData("on-failure:", "on-failure:3")]
    [InlineData("on-failure:0", "is no number of restarts")]
    [InlineData("on-failure:-1", "is no number of restarts")]
    [InlineData("on-failure:9999999999", "is no number of restarts")]
    [InlineData("on-failure:1:2", "is no number of restarts")]
    public void What_is_none_is_refused_with_what_would_be(string text, string part)
    {
        EngineException refused = Assert.Throws<EngineException>(() => RestartPolicy.Parse(text));
        Assert.Equal(EngineErrorReason.InvalidArgument, refused.Reason);
        Assert.Contains(part, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no", 1, 0, false)]
    [InlineData("always", 0, 99, true)]
    [InlineData("on-failure", 0, 0, false)]
    [InlineData("on-failure", null, 0, true)]
    [InlineData("on-failure:2", 1, 1, true)]
    [InlineData("on-failure:2", 1, 2, false)]
    public void A_policy_wants_a_restart_by_exit_code_and_count(string policy, int? exitCode, int restarts, bool wants) =>
        Assert.Equal(wants, RestartPolicy.Parse(policy).Wants(exitCode, restarts));
}
