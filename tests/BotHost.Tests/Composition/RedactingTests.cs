using System.Diagnostics;
using CodingAgent.BotHost.Composition;
using CodingAgent.Forges;
using CodingAgent.TestKit;
using CodingAgent.Workflows.Secrets;
using OpenTelemetry;
using OpenTelemetry.Trace;

namespace CodingAgent.BotHost.Tests.Composition;

/// <summary>No secret passes the two doors by which texts leave for forges and for trace collectors.</summary>
public sealed class RedactingTests
{
    private const string Secret = "hunter2-hunter2-hunter2";
    private const string Token = "ghp_" + "0123456789abcdefghijABCDEFGHIJ012345";

    private static readonly Redaction Redaction = new([Secret]);
    private static readonly RepoRef Repo = new(ForgeKind.GitHub, "octo", "hello");

    [Fact]
    public async Task Forge_WhateverIsWritten_IsMasked()
    {
        var inner = new FakeForge(Repo, () => DateTimeOffset.UnixEpoch);
        inner.OpenIssue(7, "t", "b");
        var forge = new RedactingForge(new Dictionary<ForgeKind, IForge> { [ForgeKind.GitHub] = inner }, Redaction);
        var words = $"say {Secret}, {Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(Secret))} and {Token}.";

        await forge.EnsureCommentAsync(Repo, Subject.Issue(7), "m1", words, default);
        var pull = await forge.EnsureDraftPullAsync(Repo, new NewPullRequest("agent/issue-7", "main", words, words), default);
        await forge.UpdatePullAsync(Repo, pull.Number, words, words, default);
        await forge.EnsureCheckAsync(Repo, new EvidenceCheck("evidence", "abc", CiState.Passed, words, words), default);

        var told = string.Join('\n', (await forge.ListCommentsAsync(Repo, Subject.Issue(7), default)).Select(c => c.Body).Append((await forge.GetPullAsync(Repo, pull.Number, default)) is var now ? $"{now.Title}\n{now.Body}" : ""));
        told.ShouldContain("say ***, ***= and ***.");
        told.ShouldNotContain("hunter2");
        told.ShouldNotContain("0123456789abcdef");
    }

    [Fact]
    public void Span_WithASecret_IsExportedWithout_AndOneWhoseEventHoldsItNotAtAll()
    {
        var exported = new List<Activity>();
        using var source = new ActivitySource("redacting-tests");
        using (var provider = Sdk.CreateTracerProviderBuilder().AddSource(source.Name).AddProcessor(new RedactingProcessor(Redaction)).AddProcessor(new SimpleActivityExportProcessor(new ToList(exported))).Build())
        {
            using (var span = source.StartActivity($"GET {Secret}"))
            {
                span!.SetTag("url.full", $"https://host/?key={Uri.EscapeDataString(Secret)}").SetTag("gen_ai.response.finish_reasons", new[] { "stop", Token }).SetTag("count", 3);
                span.SetStatus(ActivityStatusCode.Error, $"refused {Secret}");
            }

            using (var span = source.StartActivity("with an exception"))
                span!.AddException(new InvalidOperationException($"key {Secret} refused"));
            using (var span = source.StartActivity("with another"))
                span!.AddException(new InvalidOperationException("no key"));
        }

        exported.Select(a => a.DisplayName).ShouldBe(["GET ***", "with another"]);
        var (first, all) = (exported[0], string.Join(' ', exported.SelectMany(a => a.TagObjects.Select(t => t.Value is string[] many ? string.Join(',', many) : $"{t.Value}")).Append(exported[0].StatusDescription)));
        all.ShouldBe("https://host/?key=*** stop,*** 3 refused ***");
        first.Status.ShouldBe(ActivityStatusCode.Error);
    }

    private sealed class ToList(List<Activity> exported) : BaseExporter<Activity>
    {
        public override ExportResult Export(in Batch<Activity> batch)
        {
            foreach (var span in batch)
                exported.Add(span);
            return ExportResult.Success;
        }
    }
}
