using CodingAgent.Agents.Cohort;
using CodingAgent.BotHost.Configuration;
using Microsoft.Extensions.Configuration;

namespace CodingAgent.BotHost.Tests.Configuration;

public sealed class PromptVariantsTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("prompts").FullName;

    [Fact]
    public void Read_WeightsAndFolders()
    {
        File.WriteAllText(Path.Combine(_folder, "coder.md"), "\ufeff# You are brief\r\n");
        File.WriteAllText(Path.Combine(_folder, "common.append.md"), "In rhymes.");
        File.WriteAllText(Path.Combine(_folder, "README.txt"), "mine");
        var variants = Read(("brief:Weight", "3"), ("brief:Folder", _folder), ("release:Weight", " 1 "));
        variants.Select(v => (v.Name, v.Weight)).ShouldBe([("brief", 3), ("release", 1)], ignoreOrder: true);
        variants.Single(v => v.Name == "brief").Texts.ShouldBe(new Dictionary<string, string> { ["coder"] = "# You are brief", ["common.append"] = "In rhymes." }, ignoreOrder: true);
        Read().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("a:Weight", "-1", "Agents:Variants:a:Weight is '-1'")]
    [InlineData("a:Weight", "half", "write a whole number")]
    [InlineData("a:Weight", "0", "no weight above 0")]
    [InlineData("a:Folder", "/nowhere/at/all", "cannot be read")]
    [InlineData("a b:Weight", "1", "names a variant 'a b'")]
    public void Read_WhatCannotBe_SaysWhichSetting(string key, string value, string line) =>
        Should.Throw<ConfigurationException>(() => Read((key, value))).Message.ShouldContain(line);

    [Theory]
    [InlineData("codr.md", "x", "Did you mean coder.md?")]
    [InlineData("coder.md", "  \n", "is empty")]
    [InlineData("notes.txt", "x", "where no prompt lies")]
    public void Read_FolderWithoutUsablePrompts_SaysWhich(string file, string text, string line)
    {
        File.WriteAllText(Path.Combine(_folder, file), text);
        Should.Throw<ConfigurationException>(() => Read(("a:Folder", _folder))).Message.ShouldContain(line);
    }

    [Fact]
    public void Read_NoUtf8_IsRefused()
    {
        File.WriteAllBytes(Path.Combine(_folder, "coder.md"), [0xC3, 0x28, 0xFF]);
        Should.Throw<ConfigurationException>(() => Read(("a:Folder", _folder))).Message.ShouldContain("cannot be read");
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static IReadOnlyList<PromptVariant> Read(params (string Key, string Value)[] settings) => PromptVariants.Read(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(s => KeyValuePair.Create($"Agents:Variants:{s.Key}", (string?)s.Value))).Build());
}
