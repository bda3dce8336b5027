using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using CodingAgent.Forges.GitHub;
using CodingAgent.Playground.LocalForge;

namespace CodingAgent.Forges.Tests.GitHub;

public sealed partial class AppManifestTests
{
    /// <summary>What people read, what is posted, and what the forge of the tests grants are one.</summary>
    [Fact]
    public void Manifest_InTheFileAndInCode_IsTheSame()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "CodingAgent.sln")))
            folder = folder.Parent;
        var text = File.ReadAllText(Path.Combine(folder.FullName, "app-manifest.yml")).Split("default_events:");
        var permissions = Permission().Matches(text[0].Split("default_permissions:")[1]).ToDictionary(m => m.Groups["name"].Value, m => m.Groups["level"].Value);
        permissions.ShouldBe(AppManifest.Permissions, ignoreOrder: true);
        Event().Matches(text[1]).Select(m => m.Groups["name"].Value).ShouldBe(AppManifest.Events, ignoreOrder: true);
        LocalForgeServer.AppPermissions.ShouldBe(AppManifest.Permissions, ignoreOrder: true);
        LocalForgeServer.AppEvents.ShouldBe(AppManifest.Events, ignoreOrder: true);
        var posted = JsonNode.Parse(AppManifest.Json("A", new Uri("https://a.example/webhooks/github"), new Uri("https://a.example/setup/done"), new Uri("https://a.example/ui/sign-in/github/back")))!;
        posted["default_permissions"]!.AsObject().ToDictionary(p => p.Key, p => (string)p.Value!).ShouldBe(permissions, ignoreOrder: true);
        posted["callback_urls"]!.AsArray().Select(u => (string)u!).ShouldBe(["https://a.example/ui/sign-in/github/back"]);
        text[0].ShouldContain("/ui/sign-in/github/back");
    }

    [Theory]
    [InlineData("https://api.github.com", null, "https://github.com/settings/apps/new?state=s")]
    [InlineData("https://api.github.com", "acme", "https://github.com/organizations/acme/settings/apps/new?state=s")]
    [InlineData("https://ghe.example/api/v3", "acme", "https://ghe.example/organizations/acme/settings/apps/new?state=s")]
    [InlineData("https://ghe.example:8443/api/v3/", null, "https://ghe.example:8443/settings/apps/new?state=s")]
    [InlineData("https://api.octocorp.ghe.com", null, "https://octocorp.ghe.com/settings/apps/new?state=s")]
    public void Form_OfEachKindOfGitHub_IsOnItsPagesForPeople(string api, string? organization, string address) =>
        AppManifest.FormAddress(new GitHubOptions { ApiUrl = new Uri(api) }, organization, "s").AbsoluteUri.ShouldBe(address);

    [GeneratedRegex(@"^  (?<name>[a-z_]+): (?<level>read|write)\b", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Permission();

    [GeneratedRegex(@"^  - (?<name>[a-z_]+)\r?$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Event();
}
