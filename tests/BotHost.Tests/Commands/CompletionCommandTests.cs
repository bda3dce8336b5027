namespace CodingAgent.BotHost.Tests.Commands;

/// <summary>What <c>completion bash</c> prints, in a real bash that is asked as its Tab key asks.</summary>
public sealed class CompletionCommandTests : IDisposable
{
    private readonly ChildProgram _program = new();

    public void Dispose() => _program.Dispose();

    [Theory]
    [InlineData("codingagent ta", "task")]
    [InlineData("codingagent task re", "reject retry review")]
    [InlineData("codingagent task list --sta", "--state")]
    [InlineData("codingagent task list --state Await", "AwaitingApproval AwaitingCi AwaitingReview")]
    [InlineData("codingagent task create octo/hello --job u", "upgrade")]
    [InlineData("codingagent task list --kind Fix --req", "--requested-by")]
    // What contains the word, or is nothing at all, is not offered.
    [InlineData("codingagent task ist", "")]
    [InlineData("codingagent completion ", "--help bash")]
    [InlineData("codingagent task create octo/hello --goal \"it's $(date)\" --bas", "--base")]
    [InlineData("codingagent task create octo/hello --ticket https://forge.test/Octo/Hello/issues/", "")]
    public async Task Tab_AfterWords_OffersWhatMayFollow(string typed, string offered)
    {
        // As readline calls it: the line, the place in it, and its words, which end at colons too.
        _program.Environment["TYPED"] = typed;
        using var bash = _program.StartBash(
            """
            source <(codingagent completion bash)
            read -ra COMP_WORDS <<< "$TYPED"; [[ "$TYPED" == *' ' ]] && COMP_WORDS+=("")
            COMP_LINE="$TYPED" COMP_POINT=${#TYPED} COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
            _codingagent
            complete -p codingagent
            echo "offered: ${COMPREPLY[*]}"
            """);

        var end = await bash.EndAsync();

        end.Error.ShouldBeEmpty();
        end.Output[0].ShouldBe("complete -o default -F _codingagent codingagent");
        end.Output[1].ShouldBe($"offered: {offered}");
    }

    /// <summary>The Tab key itself, on a terminal.</summary>
    [Fact]
    public async Task Tab_InAnInteractiveBash_CompletesTheWord()
    {
        await File.WriteAllTextAsync(Path.Combine(_program.Folder, "rc"), "source <(codingagent completion bash)\n");
        _program.Environment["TERM"] = "dumb";
        using var bash = _program.StartBash("printf 'codingagent task rev\\t--help\\nexit\\n' | script -qec 'bash --noprofile --rcfile rc -i' /dev/null");

        (await bash.EndAsync()).Output.ShouldContain(l => l.Contains("codingagent task review [<id> [<text>]]", StringComparison.Ordinal));
    }
}
