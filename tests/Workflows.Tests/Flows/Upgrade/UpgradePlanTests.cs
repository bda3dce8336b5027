using CodingAgent.Workflows.Detection;
using CodingAgent.Workflows.Flows.Upgrade;
using CodingAgent.Workflows.Policy;

namespace CodingAgent.Workflows.Tests.Flows.Upgrade;

public sealed class UpgradePlanTests
{
    private static readonly DateTimeOffset Now = new(2026, 12, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData("react to 19.0.0", "", "react", "19.0.0")]
    [InlineData("  `@types/node`  ", "", "@types/node", null)]
    [InlineData("@types/node@22.1.0", "", "@types/node", "22.1.0")]
    [InlineData("Newtonsoft.Json 13.0.3", "", "Newtonsoft.Json", "13.0.3")]
    [InlineData("react from 18.2.0 to 19.0.0.\nand mind the tests", "", "react", "19.0.0")]
    [InlineData(null, "Bump lodash from 4.17.20 to 4.17.21 in /web", "lodash", "4.17.21")]
    [InlineData(null, "Please upgrade `com.google.guava:guava` to 33.0.0-jre", "com.google.guava:guava", "33.0.0-jre")]
    [InlineData("actions/checkout to v5", "", "actions/checkout", "v5")]
    public void Request_InWordsOrTitle_IsRead(string? words, string title, string name, string? version) =>
        UpgradeRequest.Read(words, title).ShouldBe(new UpgradeRequest(name, version));

    [Theory]
    [InlineData("a", "a/package.json a/src/app.js tools/build.js")]
    [InlineData("a/inner", "a/inner/package.json a/inner/app.js tools/build.js")]
    [InlineData("b", "b/package.json tools/build.js")]
    public void FilesOf_AModule_AreItsManifestsAndTheCodeThatNoOtherIsNearerTo(string module, string files)
    {
        string[] folders = ["a", "a/inner", "b"];
        Declaration[] all = [.. folders.Select(f => new Declaration("npm", "lib", "1.0.0", $"{f}/package.json", "dependencies", 0))];
        var upgrade = UpgradePlan.Of("npm", ["lib"], "2.0.0", all, new RepositoryPolicy.UpgradeRules());
        string[] planned = [.. all.Select(d => d.Path), "a/src/app.js", "a/inner/app.js", "tools/build.js"];
        upgrade.FilesOf([upgrade.Modules.Single(m => m.Name == module)], planned).ShouldBe(files.Split(' '), ignoreOrder: true);
    }

    [Theory]
    [InlineData("", "Make it faster")]
    [InlineData("react; rm -rf /", "")]
    [InlineData("react to $(id)", "")]
    [InlineData("--registry=https://evil.example to 1.0.0", "")]
    [InlineData("everything please", "")]
    [InlineData("to 2.0.0", "Upgrade to")]
    public void Request_ThatNamesNothing_IsNone(string words, string title) => UpgradeRequest.Read(words, title).ShouldBeNull();

    [Fact]
    public void Newest_IsOldEnoughWithoutAdvisoriesAndNoPreview()
    {
        var known = new Advisories();
        known.Add("""{"id":"GHSA-1","affected":[{"package":{"ecosystem":"npm","name":"a"},"ranges":[{"type":"SEMVER","events":[{"introduced":"2.1.0"},{"fixed":"2.2.0"}]}]}]}""").ShouldBeTrue();
        Release[] releases = [new("1.0.0", Now.AddYears(-1)), new("2.0.0", Now.AddDays(-40)), new("2.1.0", Now.AddDays(-30)), new("2.2.0", Now.AddDays(-1)), new("2.3.0", null), new("3.0.0-rc.1", Now.AddDays(-9)), new("2.4.0", Now.AddDays(-20), IsWithdrawn: true), new("9; id", Now.AddDays(-20))];
        var choice = VersionChoice.Newest("npm", "a", "1.0.0", releases, TimeSpan.FromDays(3), known, Now);
        choice.Version.ShouldBe("2.0.0");
        choice.PassedOver.ShouldBe([
            "2.4.0 was withdrawn.", "2.3.0: nobody says when it was released, and upgrade.min_release_age asks for 3 days.",
            "2.2.0 has been public since 2026-11-30, less than 3 days (upgrade.min_release_age).", "2.1.0 has known advisories: GHSA-1."]);
        VersionChoice.Newest("npm", "a", "2.0.0", releases, TimeSpan.FromDays(3), known, Now).Version.ShouldBeNull();
        VersionChoice.Newest("npm", "a", "3.0.0-beta.1", releases, TimeSpan.FromDays(3), known, Now).Version.ShouldBe("3.0.0-rc.1");
        VersionChoice.Newest("npm", "a", "2.0.0", releases, TimeSpan.Zero, Advisories.None, Now).Version.ShouldBe("2.3.0");
    }

    [Fact]
    public void Registries_SayVersionsWithDates()
    {
        ReleaseLookup.Read("npm", "npm warn x\n{\"created\":\"2020-01-01T00:00:00Z\",\"1.0.0\":\"2020-01-02T00:00:00.000Z\",\"latest\":\"x\"}\n")
            .ShouldBe([new Release("1.0.0", new DateTimeOffset(2020, 1, 2, 0, 0, 0, TimeSpan.Zero))]);
        ReleaseLookup.Read("PyPI", """{"versions":["1.0","1.1"],"files":[{"filename":"a-1.0.tar.gz","upload-time":"2020-01-02T00:00:00Z"},{"filename":"a-1.0-py3-none-any.whl","upload-time":"2020-01-01T00:00:00Z"},{"filename":"a-1.1.tar.gz","yanked":"broken"}]}""")
            .ShouldBe([new Release("1.0", new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero)), new Release("1.1", null, IsWithdrawn: true)]);
        ReleaseLookup.Read("NuGet", """{"version":2,"searchResult":[{"packages":[{"id":"A","version":"1.0.0"},{"id":"A","version":"1.1.0"}]}]}""").Select(r => r.Version).ShouldBe(["1.0.0", "1.1.0"]);
        ReleaseLookup.Read("Go", """{"Path":"a.b/c","Versions":["v1.0.0","v1.1.0"]}""").Select(r => r.Version).ShouldBe(["v1.0.0", "v1.1.0"]);
        foreach (var broken in (string[])["", "[]", "{", "{\"1.0.0\":5}", "{\"versions\":{},\"files\":7}", "<html>", new string('[', 100_000), "{}}"])
            ReleaseLookup.Read("PyPI", broken).ShouldBeEmpty();
        ReleaseLookup.Line("npm", "a;id").ShouldBeNull();
        ReleaseLookup.Line("npm", "@a/b").ShouldBe("npm view @a/b time --json");
    }

    [Fact]
    public void Plan_OfManyModules_HasCanariesFirstFamiliesTogetherAndReasons()
    {
        static string Json(string version) => $"{{\"dependencies\":{{\"react\":\"{version}\",\"react-dom\":\"{version}\"}}}}";
        var files = new Dictionary<string, string>
        {
            ["package.json"] = "{\"devDependencies\":{\"react\":\"workspace:*\"}}",
            ["web/package.json"] = Json("^17.0.0"),
            ["admin/package.json"] = Json("^17.0.0"),
            ["lib/a/package.json"] = Json("17.0.0"),
            ["lib/b/package.json"] = Json("^17.0.0"),
            ["new/package.json"] = Json("^18.2.0"),
        };
        var all = DependencyScan.Find(files.Keys, p => files[p]);
        var rules = new RepositoryPolicy.UpgradeRules { Batch = 2, Canary = ["admin"], Group = ["react*", "lib/*"] };
        var names = UpgradePlan.Lockstep("react", all, rules.Group);
        names.ShouldBe(["react", "react-dom"], ignoreOrder: true);
        var upgrade = UpgradePlan.Of("npm", names, "18.2.0", all, rules);
        upgrade.Modules.Select(m => $"{m.Name}:{m.Family}:{m.IsCanary}").ShouldBe(["admin:admin:True", "lib/a:lib/*:False", "lib/b:lib/*:False", "web:web:False"]);
        upgrade.Batches(2).Select(b => string.Join(' ', b.Select(m => m.Name))).ShouldBe(["admin", "lib/a lib/b", "web"]);
        upgrade.LeftAlone.ShouldContain("package.json:1 (devDependencies): it is a package of the workspace.");
        var plan = upgrade.ToPlan(["Not taken: 19.0.0 is too young."], ["web/app.js", "web/package.json"], 2);
        plan.Edits.Select(e => e.Path).ShouldBe(["admin/package.json", "lib/a/package.json", "lib/b/package.json", "web/package.json", "web/app.js"]);
        plan.Goal.ShouldContain("to 18.2.0: 4 modules, 1 of them first as canaries, in batches of 2");
        plan.Risks.ShouldContain(r => r.Contains("19.0.0 is too young"));
        plan.Risks.ShouldContain(r => r.Contains("new major version"));
    }

    [Theory]
    [InlineData("PyPI", "zope-interface", "from zope_interface import x", true)]
    [InlineData("npm", "react", "import React from 'react';", true)]
    [InlineData("npm", "react", "// reactive", false)]
    [InlineData("crates.io", "serde-json", "use serde_json::Value;", true)]
    [InlineData("NuGet", "Serilog", "using Serilog.Core;", true)]
    public void Code_ThatNamesADependency_IsFound(string ecosystem, string name, string text, bool isNamed) =>
        UpgradePlan.IsNamedIn(ecosystem, [name])(text).ShouldBe(isNamed);
}
