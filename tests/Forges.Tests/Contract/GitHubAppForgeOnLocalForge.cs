using System.Security.Cryptography;
using CodingAgent.Forges.GitHub;
using CodingAgent.Playground.LocalForge;
using Microsoft.Extensions.Logging.Abstractions;

namespace CodingAgent.Forges.Tests.Contract;

/// <summary>The GitHub adapter as an App, whose tokens LocalForge holds to what each of them allows.</summary>
public sealed class GitHubAppForgeOnLocalForge(GitHubAppForgeOnLocalForge.AppStage stage) : GitHubForgeOnLocalForge(stage), IClassFixture<GitHubAppForgeOnLocalForge.AppStage>
{
    protected override string Self => "agent[bot]";

    /// <summary>The same forge, with two apps installed: one with what the manifest names, one without workflow runs.</summary>
    public sealed class AppStage : Stage
    {
        private static readonly RSA Key = RSA.Create(2048);
        private readonly List<AppTokenSource> _sources = [];

        protected override ITokenSource TokensOf(string login)
        {
            var permissions = LocalForgeServer.AppPermissions.Where(p => login != "narrow" || p.Key != "actions").ToDictionary(p => p.Key, p => p.Value);
            var slug = login == "narrow" ? "narrow" : "agent";
            var id = Server.CreateApp("acme", slug, Key.ExportRSAPublicKeyPem(), permissions);
            Server.InstallApp(slug, "acme");
            var source = new AppTokenSource(
                new GitHubOptions { ApiUrl = new Uri(Server.ApiUrl) }, new AppCredentials($"{id}", Key.ExportRSAPrivateKeyPem()), TimeProvider.System, NullLogger<AppTokenSource>.Instance);
            _sources.Add(source);
            return source;
        }

        public override async Task DisposeAsync()
        {
            foreach (var source in _sources)
                source.Dispose();
            await base.DisposeAsync();
        }
    }
}
