using CodingAgent.Mcp.Images;

namespace CodingAgent.Mcp.Tests.Images;

public sealed class DevContainerTests
{
    private const string Path = ".devcontainer/devcontainer.json";

    [Fact]
    public void Image_WithCommentsTrailingCommasAndAByteOrderMark_IsRead()
    {
        const string Text = """
            // For format details, see https://aka.ms/devcontainer.json
            {
                "name": "C# (.NET)", /* any name */
                "image": "mcr.microsoft.com/devcontainers/dotnet:1-10.0",
                "customizations": { "vscode": { "extensions": ["a.b", ], }, },
                "postCreateCommand": "dotnet restore // not a comment",
            }
            """;
        var container = DevContainer.Parse("\uFEFF" + Text, Path);
        container.Image.ShouldBe(ImageReference.TryParse("mcr.microsoft.com/devcontainers/dotnet:1-10.0"));
        container.SetUp.ShouldBe(["dotnet restore // not a comment"]);
        (container.Build, container.Notes.Count).ShouldBe((null, 0));
    }

    [Theory]
    [InlineData(Path, "\"build\": { \"dockerfile\": \"Dockerfile\" }", ".devcontainer/Dockerfile", ".devcontainer")]
    [InlineData(Path, "\"build\": { \"dockerfile\": \"Dockerfile\", \"context\": \"..\" }", ".devcontainer/Dockerfile", "")]
    [InlineData(Path, "\"build\": { \"dockerfile\": \"../docker/dev.Dockerfile\", \"context\": \"./../src/.\" }", "docker/dev.Dockerfile", "src")]
    [InlineData(Path, "\"dockerFile\": \"Dockerfile\", \"context\": \"..\"", ".devcontainer/Dockerfile", "")]
    [InlineData(".devcontainer.json", "\"build\": { \"dockerfile\": \"Dockerfile\" }", "Dockerfile", "")]
    [InlineData(".devcontainer/web/devcontainer.json", "\"build\": { \"dockerfile\": \"../Dockerfile\" }", ".devcontainer/Dockerfile", ".devcontainer/web")]
    [InlineData(Path, "\"build\": { \"dockerfile\": \"Dockerfile\" }, \"image\": \"the-result:1\"", ".devcontainer/Dockerfile", ".devcontainer")]
    public void Build_PathsAreRelativeToTheFile(string path, string keys, string dockerfile, string context)
    {
        var container = DevContainer.Parse($"{{ {keys} }}", path);
        (container.Build?.Dockerfile, container.Build?.Context, container.Image).ShouldBe((dockerfile, context, null));
    }

    [Fact]
    public void Build_TargetAndArguments_AreTaken()
    {
        var build = DevContainer.Parse("""{ "build": { "dockerfile": "D", "target": "dev", "args": { "VARIANT": "3.12", "NODE": 22, "SLIM": true }, "cacheFrom": "x" } }""", Path).Build!;
        build.Target.ShouldBe("dev");
        build.Arguments.ShouldBe(new Dictionary<string, string> { ["VARIANT"] = "3.12", ["NODE"] = "22", ["SLIM"] = "true" }, ignoreOrder: true);
    }

    [Fact]
    public void Commands_OfAllForms_AreLines_InTheOrderTheyWouldRun()
    {
        var container = DevContainer.Parse(
            """{ "postCreateCommand": { "a": "npm ci", "b": ["pip", "install", "it's here"] }, "onCreateCommand": "one && two", "updateContentCommand": [], "postStartCommand": "serve", "image": "a" }""", Path);
        container.SetUp.ShouldBe(["one && two", "npm ci", "pip install 'it'\\''s here'"]);
        container.Notes.ShouldBe(["postStartCommand is not run"]);
    }

    [Fact]
    public void WhatIsNotDone_IsNamed_AndEmptyKeysAreNot()
    {
        var container = DevContainer.Parse(
            """{ "image": "a", "features": { "ghcr.io/devcontainers/features/node:1": {} }, "mounts": [], "privileged": false, "runArgs": ["--privileged"], "initializeCommand": "curl evil", "containerEnv": {}, "remoteUser": "vscode" }""", Path);
        container.Notes.Select(n => n.Split(' ')[0]).ShouldBe(["features", "runArgs", "remoteUser", "initializeCommand"]);
    }

    [Theory]
    [InlineData("", "not valid JSON")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{", "not valid JSON")]
    [InlineData("{ \"image\": \"a\" } }", "not valid JSON")]
    [InlineData("{}", "names neither an image nor a Dockerfile")]
    [InlineData("{ \"image\": null }", "names neither an image nor a Dockerfile")]
    [InlineData("{ \"image\": 3 }", "'image' must be a text")]
    [InlineData("{ \"image\": \"\" }", "'image' must be a text")]
    [InlineData("{ \"image\": \"Debian --privileged\" }", "no image reference")]
    [InlineData("{ \"image\": \"${localEnv:IMAGE}\" }", "mean nothing here")]
    [InlineData("{ \"image\": \"\\ud800\" }", "no Unicode")]
    [InlineData("{ \"dockerComposeFile\": \"compose.yml\", \"service\": \"app\" }", "several containers")]
    [InlineData("{ \"build\": \"Dockerfile\" }", "'build' must be an object")]
    [InlineData("{ \"build\": { \"dockerfile\": \"/etc/passwd\" } }", "relative to the file")]
    [InlineData("{ \"build\": { \"dockerfile\": \"../../x\" } }", "leads out of the repository")]
    [InlineData("{ \"build\": { \"dockerfile\": \"D\", \"context\": \"../..\" } }", "leads out of the repository")]
    [InlineData("{ \"build\": { \"dockerfile\": \"..\\\\x\" } }", "with slashes")]
    [InlineData("{ \"build\": { \"dockerfile\": \"D\", \"args\": [\"A=b\"] } }", "'build.args' must be an object")]
    [InlineData("{ \"build\": { \"dockerfile\": \"D\", \"args\": { \"A\": \"${localEnv:SECRET}\" } } }", "mean nothing here")]
    [InlineData("{ \"image\": \"a\", \"postCreateCommand\": 3 }", "'postCreateCommand' must be a text")]
    public void WhatCannotBeFollowed_IsOneSentence(string text, string reason)
    {
        var error = Should.Throw<FormatException>(() => DevContainer.Parse(text, Path));
        error.Message.ShouldContain(reason);
        error.Message.ShouldStartWith(Path);
        error.Message.ShouldNotContain("\n");
    }

    [Fact]
    public void HugeOrDeepFiles_AreRefused()
    {
        Should.Throw<FormatException>(() => DevContainer.Parse(new string(' ', 300_000) + "{}", Path)).Message.ShouldContain("larger than");
        Should.Throw<FormatException>(() => DevContainer.Parse(new string('[', 100_000), Path)).Message.ShouldContain("not valid JSON");
    }

    [Theory]
    [InlineData(".devcontainer/devcontainer.json .devcontainer.json .devcontainer/a/devcontainer.json", ".devcontainer/devcontainer.json")]
    [InlineData(".devcontainer.json .devcontainer/a/devcontainer.json", ".devcontainer.json")]
    [InlineData("src/x .devcontainer/a/devcontainer.json", ".devcontainer/a/devcontainer.json")]
    [InlineData(".devcontainer/a/devcontainer.json .devcontainer/b/devcontainer.json", null)]
    [InlineData("sub/.devcontainer/devcontainer.json .devcontainer/a/b/devcontainer.json .devcontainer/Dockerfile", null)]
    public void File_IsTheOneThatTheSpecificationNames(string paths, string? file) => DevContainer.FileOf(paths.Split(' ')).ShouldBe(file);
}
