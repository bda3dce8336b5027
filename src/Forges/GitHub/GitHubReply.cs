using System.Net;

namespace CodingAgent.Forges.GitHub;

/// <summary>An answer, read to its end.</summary>
internal sealed record GitHubReply(HttpStatusCode Status, string Body, string? NextPage)
{
    public bool IsSuccess => (int)Status is >= 200 and < 300;
}
