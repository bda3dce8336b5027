using System.Globalization;

namespace CodingAgent.BotHost.Configuration;

/// <summary>The model that code is found by its meaning with: the keys below <c>Search:Embeddings:</c>. It is asked at the endpoint of the other models.</summary>
/// <param name="Model">Its name there.</param>
/// <param name="Dimensions">Numbers of a vector to ask for; null leaves that to the model.</param>
/// <param name="MaxChunks">Pieces of one repository's files that are sent at most.</param>
public sealed record EmbeddingSettings(string Model, int? Dimensions, int MaxChunks)
{
    private const int MostDimensions = 8_192;
    private const int DefaultChunks = 20_000;
    private const int MostChunks = 1_000_000;

    /// <summary>Reads and checks them; null without a model.</summary>
    /// <exception cref="ConfigurationException">A key is malformed.</exception>
    public static EmbeddingSettings? Read(IConfiguration configuration)
    {
        ArgumentNullException.ThrowIfNull(configuration);
        var dimensions = Number(configuration, "Search:Embeddings:Dimensions", MostDimensions);
        var chunks = Number(configuration, "Search:Embeddings:MaxChunks", MostChunks);
        if (HostSettingsReader.Optional(configuration, "Search:Embeddings:Model") is { } model)
            return new EmbeddingSettings(model, dimensions, chunks ?? DefaultChunks);
        return dimensions is null && chunks is null ? null : throw new ConfigurationException("Search:Embeddings:Model is missing; without it nothing is searched by meaning.");
    }

    private static int? Number(IConfiguration configuration, string key, int most) => HostSettingsReader.Optional(configuration, key) is not { } text ? null
        : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number >= 1 && number <= most ? number
        : throw new ConfigurationException($"{key} is '{text}'; write a whole number from 1 to {most}.");
}
