namespace CodingAgent.Agents.Models;

/// <summary>Where the model endpoint is and how to reach it.</summary>
/// <param name="ApiKey">Bearer key; never printed.</param>
public sealed record OpenAiOptions(string ApiKey)
{
    /// <summary>API root, ending before <c>/chat/completions</c>; the package itself does not read OPENAI_BASE_URL.</summary>
    public Uri BaseUrl { get; init; } = new("https://api.openai.com/v1");

    /// <summary>Longest wait for an answer; reasoning models think for minutes, so the package's 100 seconds are too short.</summary>
    public TimeSpan NetworkTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Prints without the key.</summary>
    public override string ToString() => $"OpenAiOptions({BaseUrl}, ***)";
}
