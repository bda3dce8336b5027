using CodingAgent.Mcp.Images;
using FsCheck;
using FsCheck.Fluent;

namespace CodingAgent.Mcp.Tests.Images;

public sealed class DockerfileImagesTests
{
    [Theory]
    [InlineData("FROM debian:12\nRUN true\n", "debian:12")]
    [InlineData("from --platform=$BUILDPLATFORM debian as base\nFROM base\n", "debian")]
    [InlineData("FROM scratch\nCOPY --from=busybox:1 /bin/sh /bin/sh\n", "busybox:1")]
    [InlineData("FROM a AS build\nFROM b\nCOPY --from=build /x /x\nCOPY --from=0 /y /y\nCOPY --from=2 /y /y\n", "a b 2")]
    [InlineData("ARG V=12\nARG R\nFROM ${R:-registry.example/}debian:$V\n", "registry.example/debian:12")]
    [InlineData("ARG V=12\nFROM debian:${V}\nARG V=13\nFROM debian:${V}-slim\n", "debian:12 debian:12-slim")]
    [InlineData("# syntax=docker/dockerfile:1\n# FROM evil\n\nFROM \\\n# a comment within\n  debian:12\n", "debian:12")]
    [InlineData("# escape=`\nFROM `\n debian:12\nRUN dir c:\\\nFROM b\n", "debian:12 b")]
    [InlineData("\uFEFFFROM \"debian:12\"\r\nRUN --mount=type=bind,from=tools:1,target=/t true\r\n", "debian:12 tools:1")]
    [InlineData("FROM a\nONBUILD COPY --from=b /x /x\n", "a b")]
    [InlineData("FROM a\nFROM a\n", "a")]
    public void Images_ThatABuildWouldFetch_AreAllNamed(string text, string images) =>
        DockerfileImages.Of(text, new Dictionary<string, string>()).Select(i => i.ToString()).ShouldBe(images.Split(' '));

    [Fact]
    public void BuildArguments_BeatDefaults() =>
        DockerfileImages.Of("ARG V=12\nFROM debian:$V\n", new Dictionary<string, string> { ["V"] = "13", ["OTHER"] = "x" }).Single().ToString().ShouldBe("debian:13");

    [Theory]
    [InlineData("")]
    [InlineData("RUN true\n")]
    [InlineData("FROM\n")]
    [InlineData("FROM $UNKNOWN\n")]
    [InlineData("FROM ${V%%x}\n")]
    [InlineData("FROM --x Debian\n")]
    [InlineData("FROM a\nCOPY --from=../x /x /x\n")]
    public void WhatCannotBeTold_IsRefused(string text) =>
        Should.Throw<FormatException>(() => DockerfileImages.Of(text, new Dictionary<string, string>())).Message.ShouldNotContain("\n");

    [Fact]
    public void AnyText_GivesImagesOrARefusal() => Prop.ForAll<string>(text =>
    {
        try
        {
            DockerfileImages.Of("FROM a\n" + text, new Dictionary<string, string>()).ShouldNotBeEmpty();
        }
        catch (FormatException)
        {
            // As good.
        }
    }).QuickCheckThrowOnFailure();
}
