using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;

namespace CodingAgent.Bench;

/// <summary>A labelled issue of ordinary size as GitHub would deliver it, signed; each one with its own delivery id.</summary>
internal static class Delivery
{
    public const string Secret = "a secret of the benchmark";
    public const string Path = "/webhooks/github";

    private const int BodyCharacters = 8_000;

    private static readonly byte[] Body = JsonSerializer.SerializeToUtf8Bytes(new
    {
        action = "labeled",
        label = new { id = 1, name = "agent:implement", color = "0e8a16" },
        issue = new
        {
            number = 12,
            title = "Add retries to payment client",
            state = "open",
            user = new { login = "mona", id = 1, type = "User" },
            labels = new[] { new { id = 1, name = "agent:implement" } },
            body = string.Concat(Enumerable.Repeat("word ", BodyCharacters / 5)),
        },
        repository = new { id = 7, full_name = "octo/hello", default_branch = "main", clone_url = "https://forge.test/octo/hello.git" },
        sender = new { login = "mona", id = 1, type = "User" },
    });

    private static readonly string Signature = "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), Body));

    public static int Size => Body.Length;

    /// <summary>Sends one and waits for the 202.</summary>
    public static async Task SendAsync(HttpClient client)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = new ByteArrayContent(Body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        request.Headers.Add("X-GitHub-Event", "issues");
        request.Headers.Add("X-GitHub-Delivery", Guid.NewGuid().ToString());
        request.Headers.Add("X-Hub-Signature-256", Signature);
        using var response = await client.SendAsync(request);
        if (response.StatusCode != HttpStatusCode.Accepted)
            throw new InvalidOperationException($"A delivery was answered with {(int)response.StatusCode}, not 202: {await response.Content.ReadAsStringAsync()}");
    }
}
