using CodingAgent.Workflows.Detection;

namespace CodingAgent.Workflows.Tests.Detection;

public sealed class SubmoduleLinesTests
{
    [Theory]
    [InlineData("git submodule update --init", "false:", "")]
    [InlineData("git submodule update --init --recursive", "true:", "")]
    [InlineData("git  submodule   update\t--init", "false:", "")]
    [InlineData("git submodule init", "false:", "")]
    [InlineData("git submodule update", "false:", "")]
    [InlineData("git submodule update --init -- libs/a libs/b", "false:libs/a,libs/b", "")]
    [InlineData("git submodule update --init --recursive libs/a/ ./b", "true:libs/a,b", "")]
    [InlineData("git submodule update --init \"libs/a\"", "false:libs/a", "")]
    [InlineData("git submodule update --init .", "false:", "")]
    [InlineData("git submodule update --init --depth 1 -j 8 --filter=blob:none", "false:", "")]
    [InlineData("git -c protocol.version=2 submodule --quiet update --init --force", "false:", "")]
    [InlineData("git submodule sync && git submodule update --init && npm ci", "false:", "npm ci")]
    [InlineData("npm ci && git submodule update --init; make deps", "false:", "npm ci && make deps")]
    [InlineData("git submodule init a\ngit submodule update a\nmake", "false:a", "make")]
    [InlineData("git submodule init && git submodule update --recursive b", "true:", "")]
    [InlineData("npm ci", null, "npm ci")]
    [InlineData("echo 'a && b'; git status", null, "echo 'a && b'; git status")]
    [InlineData("git submodule foreach 'git submodule update --init && make'", null, "git submodule foreach 'git submodule update --init && make'")]
    [InlineData("git submodule add https://example.com/x", null, "git submodule add https://example.com/x")]
    [InlineData("git submodule update --init $LIBS", null, "git submodule update --init $LIBS")]
    [InlineData("git submodule update --init | tee log", null, "git submodule update --init | tee log")]
    [InlineData("git submodule update --init || true", null, "git submodule update --init || true")]
    [InlineData("echo git submodule update", null, "echo git submodule update")]
    [InlineData("git submodule", null, "git submodule")]
    [InlineData("git submodule sync", null, "")]
    [InlineData("", null, "")]
    [InlineData("'git submodule update", null, "'git submodule update")]
    public void Read_Line_IsTakenApart(string line, string? asked, string rest)
    {
        var (request, left) = SubmoduleLines.Read(line);
        (request is null ? null : $"{request.Recursive.ToString().ToLowerInvariant()}:{string.Join(',', request.Paths)}").ShouldBe(asked);
        left.ShouldBe(rest);
    }
}
