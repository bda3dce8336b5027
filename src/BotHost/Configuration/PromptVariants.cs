using System.Text;
using CodingAgent.Agents.Cohort;
using CodingAgent.Agents.Tools;

namespace CodingAgent.BotHost.Configuration;

/// <summary>Reads <c>Agents:Variants</c>: names, weights, and folders of prompts. All of it is read and checked once, at start.</summary>
public static class PromptVariants
{
    private const string Key = "Agents:Variants";
    private const int MostBytes = 64 * 1024;

    /// <summary>The variants; none where none is configured.</summary>
    /// <exception cref="ConfigurationException">Something of it cannot be used; the message names the setting.</exception>
    public static IReadOnlyList<PromptVariant> Read(IConfiguration configuration)
    {
        var variants = configuration.GetSection(Key).GetChildren().Select(Variant).ToList();
        if (variants.Count > 0 && variants.Sum(v => (long)v.Weight) == 0)
            throw new ConfigurationException($"{Key} has variants, but no weight above 0: give one {Key}:NAME:Weight.");
        return variants;
    }

    private static PromptVariant Variant(IConfigurationSection section)
    {
        if (section.Key.Length > 40 || !section.Key.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.'))
            throw new ConfigurationException($"{Key} names a variant '{section.Key}'; use up to 40 letters, digits, '-', '_' and '.'.");
        var weight = HostSettingsReader.Optional(section, "Weight") ?? "1";
        if (!int.TryParse(weight, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var share) || share > 1_000_000)
            throw new ConfigurationException($"{section.Path}:Weight is '{weight}'; write a whole number from 0 to 1000000.");
        var folder = HostSettingsReader.Optional(section, "Folder");
        return new PromptVariant(section.Key, share) { Texts = folder is null ? new Dictionary<string, string>() : Texts($"{section.Path}:Folder", folder) };
    }

    private static Dictionary<string, string> Texts(string setting, string folder)
    {
        string[] known = [.. CohortAgents.PromptNames, .. CohortAgents.PromptNames.Select(n => n + PromptVariant.AppendEnding)];
        try
        {
            var texts = new Dictionary<string, string>(StringComparer.Ordinal);
            foreach (var file in Directory.EnumerateFiles(folder, "*.md").Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileNameWithoutExtension(file);
                if (!known.Contains(name, StringComparer.Ordinal))
                    throw new ConfigurationException($"{setting} holds {name}.md, which is no prompt.{(Nearest.Of(name, known) is { } near ? $" Did you mean {near}.md?" : $" The prompts are {string.Join(", ", CohortAgents.PromptNames)}.")}");
                if (new FileInfo(file).Length > MostBytes)
                    throw new ConfigurationException($"{setting} holds {name}.md, which is larger than {MostBytes / 1024} KB.");
                var text = File.ReadAllText(file, new UTF8Encoding(false, throwOnInvalidBytes: true)).ReplaceLineEndings("\n").Trim();
                texts[name] = text.Length > 0 ? text : throw new ConfigurationException($"{setting} holds {name}.md, which is empty.");
            }
            return texts.Count > 0 ? texts : throw new ConfigurationException($"{setting} is '{folder}', where no prompt lies: put planner.md, coder.append.md or the like there, or leave the folder out for the prompts of the release.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException or System.Security.SecurityException)
        {
            throw new ConfigurationException($"{setting} is '{folder}', which cannot be read: {e.Message}");
        }
    }
}
