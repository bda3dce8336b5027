using CodingAgent.Playground.LocalForge;

namespace CodingAgent.Peers.Dotnet;

/// <summary>The forge that GitLab's clients of others meet: a project in a subgroup, its people, and a pipeline of two stages.</summary>
internal static class Forge
{
    private const string Pipeline = """
        stages: [check, ship]
        unit:
          stage: check
          script:
            - grep -q three src/pay.txt
            - echo "all is well"
        lint:
          stage: check
          allow_failure: true
          script: "exit 3"
        flaky:
          stage: check
          script: [ 'test "$CI_PIPELINE_ATTEMPT" = 2' ]
        deploy:
          stage: ship
          when: manual
          script: [ "true" ]
        """;

    /// <summary>Tells its address and runs it until the input closes.</summary>
    public static async Task RunAsync(TextReader input, TextWriter output)
    {
        var folder = Directory.CreateTempSubdirectory("peers-gitlab-");
        try
        {
            var seed = folder.CreateSubdirectory("seed");
            seed.CreateSubdirectory("src");
            await File.WriteAllTextAsync(Path.Combine(seed.FullName, "src", "pay.txt"), "one\ntwo\nthree\nfour\nfive\n");
            await File.WriteAllTextAsync(Path.Combine(seed.FullName, ".gitlab-ci.yml"), Pipeline);
            await using var forge = await LocalForgeServer.StartAsync(
                new LocalForgeOptions { DataDirectory = Path.Combine(folder.FullName, "forge"), AllowUnsandboxedCi = true }, CancellationToken.None);
            forge.CreateGroup("acme/payments");
            foreach (var (login, scopes) in new[] { ("ada", "api"), ("bot", "api"), ("rex", "api"), ("eve", "api"), ("mia", "api"), ("reader", "read_api"), ("busy", "api") })
                forge.CreateUser(login, "token-" + login, scopes: scopes);
            await forge.CreateRepositoryAsync("acme/payments", "shop", seed.FullName, isPrivate: true);
            foreach (var (login, level) in new[] { ("ada", 40), ("bot", 30), ("rex", 30), ("eve", 10), ("reader", 30), ("busy", 30) })
                forge.SetAccessLevel("acme/payments", "shop", login, level);
            forge.LimitGitLabCalls("busy", calls: 2, TimeSpan.FromHours(1));
            await output.WriteLineAsync(forge.BaseUrl);
            await Task.Run(input.ReadToEnd);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
