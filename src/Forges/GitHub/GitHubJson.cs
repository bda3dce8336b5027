using System.Text.Json.Serialization;

namespace CodingAgent.Forges.GitHub;

/// <summary>Source-generated serializers of <see cref="Wire"/>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(Wire.User))]
[JsonSerializable(typeof(Wire.Repository))]
[JsonSerializable(typeof(Wire.Permission))]
[JsonSerializable(typeof(Wire.Content))]
[JsonSerializable(typeof(Wire.GitRef))]
[JsonSerializable(typeof(Wire.Issue))]
[JsonSerializable(typeof(Wire.Comment))]
[JsonSerializable(typeof(List<Wire.Comment>))]
[JsonSerializable(typeof(Wire.Pull))]
[JsonSerializable(typeof(List<Wire.Pull>))]
[JsonSerializable(typeof(Wire.Review))]
[JsonSerializable(typeof(Wire.ReviewComment))]
[JsonSerializable(typeof(List<Wire.ReviewComment>))]
[JsonSerializable(typeof(Wire.CheckRunPage))]
[JsonSerializable(typeof(List<Wire.Status>))]
[JsonSerializable(typeof(Wire.NewComment))]
[JsonSerializable(typeof(Wire.NewReaction))]
[JsonSerializable(typeof(Wire.NewLabels))]
[JsonSerializable(typeof(Wire.NewPull))]
[JsonSerializable(typeof(Wire.PullEdit))]
[JsonSerializable(typeof(Wire.NewStatus))]
[JsonSerializable(typeof(Wire.GraphQlQuery))]
[JsonSerializable(typeof(Wire.GraphQlReply))]
[JsonSerializable(typeof(Wire.Problem))]
internal sealed partial class GitHubJson : JsonSerializerContext;
