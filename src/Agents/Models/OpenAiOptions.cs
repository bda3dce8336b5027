namespace CodingAgent.Agents.Models;

/// <summary>Where the model endpoint is and how to reach it.</summary>
/// <param name="ApiKey">Bearer key; never printed.</param>
public sealed record OpenAiOptions(string ApiKey)
{
    /// <summary>API root, ending before <c>/chat/completions</c> or <c>/responses</c>; the package itself does not read OPENAI_BASE_URL.</summary>
    public Uri BaseUrl { get; init; } = new("https://api.openai.com/v1");

    /// <summary>Which of the two APIs the endpoint is spoken to in.</summary>
    public OpenAiApi Api { get; init; }

    /// <summary>Longest wait for an answer; reasoning models think for minutes, so the package's 100 seconds are too short.</summary>
    public TimeSpan NetworkTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Prints without the key.</summary>
    public override string ToString() => $"OpenAiOptions({BaseUrl}, {Api}, ***)";
}

/// <summary>OpenAI's two APIs for text.</summary>
public enum OpenAiApi
{
    /// <summary>Chat Completions, which nearly every compatible endpoint has.</summary>
    Chat,

    /// <summary>Responses, used statelessly: nothing is stored there, and reasoning goes back and forth encrypted.</summary>
    Responses,
}
