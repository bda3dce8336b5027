namespace CodingAgent.BotHost.Web;

/// <summary>Reads a request body that may be larger than it should be, or larger than it says.</summary>
internal static class BoundedBody
{
    /// <summary>The whole body; null when it is larger than the limit.</summary>
    public static async Task<byte[]?> ReadAsync(HttpRequest request, long limit, CancellationToken cancellationToken)
    {
        if (request.ContentLength > limit)
            return null;
        using var body = new MemoryStream(checked((int)(request.ContentLength ?? 0)));
        var buffer = new byte[81_920];
        int read;
        while ((read = await request.Body.ReadAsync(buffer, cancellationToken)) > 0)
        {
            if (body.Length + read > limit)
                return null;
            body.Write(buffer, 0, read);
        }

        return body.ToArray();
    }
}
