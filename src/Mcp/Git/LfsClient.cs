using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodingAgent.Mcp.Egress;

namespace CodingAgent.Mcp.Git;

/// <summary>
/// Fetches contents from a Git LFS server (github.com/git-lfs/git-lfs, docs/api/batch.md and basic-transfers.md) into a mirror's cache. The server's
/// answers are outside text: what it names lies at https or at the forge's own origin, other hosts at no special-purpose address, and the
/// forge's credential goes to its own origin alone.
/// </summary>
internal sealed class LfsClient : IDisposable
{
    private const string MediaType = "application/vnd.git-lfs+json";
    private const int MostObjects = 100;
    private const int MostAnswerBytes = 8 * 1024 * 1024;
    private const int MostRedirects = 5;
    private const int MostTries = 3;
    private const int MostHeaders = 40;
    private const int DownloadsAtOnce = 4;

    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);

    // The connection's, not the object's.
    private static readonly HashSet<string> NoHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Connection", "Content-Length", "Transfer-Encoding", "Upgrade", "TE", "Trailer", "Expect", "Range", "Accept-Encoding", "Proxy-Authorization", "Proxy-Connection",
    };

    private readonly Uri? _own;
    private readonly Uri? _server;
    private readonly AuthenticationHeaderValue? _credential;
    private readonly string _gitDirectory;
    private readonly TrustedGitOptions _options;
    private readonly TimeProvider _time;
    private readonly HttpClient _http;

    /// <param name="remote">The repository's remote.</param>
    /// <param name="configured">The server that the repository's own files name; null for the remote's own.</param>
    /// <param name="gitDirectory">Mirror.</param>
    /// <param name="options">Bounds, proxy, authorities.</param>
    /// <param name="time">Clock.</param>
    public LfsClient(GitRemote remote, string? configured, string gitDirectory, TrustedGitOptions options, TimeProvider time)
    {
        (_gitDirectory, _options, _time) = (gitDirectory, options, time);
        // A local repository, which only tests and developers have, has no server but the one it names.
        _own = !remote.Url.IsFile ? remote.Url : Uri.TryCreate(configured, UriKind.Absolute, out var named) ? named : null;
        _server = configured is null ? _own is null ? null : Below(_own) : GitSubmodule.Address(configured, _own ?? remote.Url);
        if (remote.Credential is { } credential)
            _credential = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.UTF8.GetBytes($"{credential.Username}:{credential.Secret}")));
        var proxy = options.HttpProxy is { } address ? new Uri(address) : null;
        var own = Connector([IPNetwork.Parse("0.0.0.0/0"), IPNetwork.Parse("::/0")], proxy);
        var other = Connector(options.AllowedRanges, proxy);
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            UseProxy = false,
            SslOptions = new SslClientAuthenticationOptions { CertificateChainPolicy = Trust(options.CertificateBundle) },
            ConnectCallback = async (context, stop) =>
            {
                var upstream = IsOwn(context.InitialRequestMessage.RequestUri!) ? own : other;
                return new NetworkStream(await upstream.ConnectAsync(context.DnsEndPoint.Host, context.DnsEndPoint.Port, stop), ownsSocket: true);
            },
        })
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Fetches what it can; for what it cannot the reason is put down, in words fit for people.</summary>
    public async Task FetchAsync(IReadOnlyList<LfsPointer> wanted, Dictionary<LfsPointer, string> reasons, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(_options.NetworkTimeout, _time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        var batches = new Queue<LfsPointer[]>(wanted.Where(p => p.Size > 0).Chunk(MostObjects));
        var empty = wanted.Where(p => p.Size == 0).ToList();
        try
        {
            foreach (var pointer in empty) await KeepAsync(pointer, Stream.Null, stop.Token);
        }
        catch (LfsException e)
        {
            foreach (var pointer in empty.Where(p => !OutsideFiles.Has(_gitDirectory, p))) reasons[pointer] = e.Message;
        }

        while (batches.TryDequeue(out var batch))
        {
            try
            {
                var answer = await AskAsync(batch, stop.Token);
                await Parallel.ForEachAsync(batch, new ParallelOptions { MaxDegreeOfParallelism = DownloadsAtOnce, CancellationToken = stop.Token }, async (pointer, ct) =>
                {
                    if (await ProblemAsync(pointer, answer.GetValueOrDefault(pointer.Oid), ct) is not { } problem) return;
                    lock (reasons) reasons[pointer] = problem;
                });
            }
            catch (LfsException e) when (e.Status == HttpStatusCode.RequestEntityTooLarge && batch.Length > 1)
            {
                foreach (var part in batch.Chunk((batch.Length + 1) / 2)) batches.Enqueue(part);
            }
            catch (LfsException e)
            {
                // What the server says of one batch it would say of the next.
                foreach (var pointer in batches.SelectMany(b => b).Concat(batch)) reasons[pointer] = e.Message;
                return;
            }
            catch (OperationCanceledException) when (deadline.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                foreach (var pointer in batches.SelectMany(b => b).Concat(batch).Where(p => !OutsideFiles.Has(_gitDirectory, p)))
                    reasons.TryAdd(pointer, $"it was not there within {_options.NetworkTimeout.TotalMinutes:0} minutes");
                return;
            }
        }
    }

    public void Dispose() => _http.Dispose();

    /// <summary>Asks the server where objects are.</summary>
    private async Task<Dictionary<string, BatchObject>> AskAsync(LfsPointer[] batch, CancellationToken cancellationToken)
    {
        if (_server is null) throw new LfsException("no address of a Git LFS server is known that can be used");
        var address = new Uri(_server.AbsoluteUri.TrimEnd('/') + "/objects/batch");
        // No "hash_algo": sha256 is what servers take for granted, and some refuse the key.
        var request = JsonSerializer.SerializeToUtf8Bytes(new BatchRequest("download", ["basic"], [.. batch.Select(p => new BatchObject(p.Oid, p.Size, null, null))]), LfsJson.Default.BatchRequest);
        return await TryAsync(async () =>
        {
            using var response = await SendAsync(
                address,
                _ =>
                {
                    var content = new ByteArrayContent(request);
                    content.Headers.ContentType = new MediaTypeHeaderValue(MediaType);
                    return new HttpRequestMessage(HttpMethod.Post, address) { Content = content };
                },
                cancellationToken, _credential);
            if (!response.IsSuccessStatusCode) throw Failure("the Git LFS server", response);
            var body = await BytesAsync(response, cancellationToken);
            try
            {
                var answer = JsonSerializer.Deserialize(body, LfsJson.Default.BatchAnswer);
                if (answer?.Transfer is not (null or "" or "basic")) throw new LfsException("the Git LFS server wants another way of transfer than the basic one");
                return (answer?.Objects ?? []).Where(o => o?.Oid is not null).GroupBy(o => o!.Oid!, StringComparer.OrdinalIgnoreCase).ToDictionary(g => g.Key, g => g.First()!, StringComparer.OrdinalIgnoreCase);
            }
            catch (JsonException)
            {
                throw new LfsException("the Git LFS server's answer cannot be read (is there one at that address?)");
            }
        }, cancellationToken);
    }

    /// <summary>Downloads one object; null when it is there.</summary>
    private async Task<string?> ProblemAsync(LfsPointer pointer, BatchObject? said, CancellationToken cancellationToken)
    {
        if (said?.Error is { } error)
        {
            return error.Code switch
            {
                404 => "the Git LFS server does not have it (404)",
                410 => "its owner removed it from the Git LFS server (410)",
                _ => $"the Git LFS server refuses it ({error.Code})",
            };
        }

        if (said?.Actions?.Download is not { Href: { } href } action) return "the Git LFS server does not say where it is";
        if (!Uri.TryCreate(href, UriKind.Absolute, out var address)) return "the Git LFS server gives no usable address for it";
        try
        {
            return await TryAsync(async () =>
            {
                using var response = await SendAsync(address, to => Get(to, action.Header), cancellationToken);
                // "authenticated" left out means that the client is to find a credential: ours is the own origin's.
                if (response.StatusCode == HttpStatusCode.Unauthorized && _credential is not null && IsOwn(address) && HasNoAuthorization(action.Header))
                {
                    using var again = await SendAsync(address, to => Get(to, action.Header), cancellationToken, _credential);
                    return await KeepAsync(pointer, again, cancellationToken);
                }

                return await KeepAsync(pointer, response, cancellationToken);
            }, cancellationToken);
        }
        catch (LfsException e)
        {
            return e.Message;
        }
    }

    private async Task<string?> KeepAsync(LfsPointer pointer, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (response.StatusCode != HttpStatusCode.OK) throw Failure("its store", response);
        if (response.Content.Headers.ContentLength is { } length && length != pointer.Size && response.Content.Headers.ContentEncoding.Count == 0)
            throw new LfsException($"what came has {length} bytes, and not the {pointer.Size} of its pointer");
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await KeepAsync(pointer, stream, cancellationToken);
        return null;
    }

    /// <summary>Writes a content beside, verifies it on the way, and puts it in its place.</summary>
    private async Task KeepAsync(LfsPointer pointer, Stream content, CancellationToken cancellationToken)
    {
        var target = OutsideFiles.PathOf(_gitDirectory, pointer);
        var beside = Path.Combine(Directory.CreateDirectory(Path.Combine(_gitDirectory, "lfs", "tmp")).FullName, Guid.NewGuid().ToString("N"));
        try
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            await using (var file = new FileStream(beside, FileMode.CreateNew, FileAccess.Write, FileShare.None, 0))
            {
                var buffer = new byte[128 * 1024];
                var total = 0L;
                for (int read; (read = await content.ReadAsync(buffer, cancellationToken)) > 0;)
                {
                    total += read;
                    if (total > pointer.Size) throw new LfsException($"more came than the {pointer.Size} bytes of its pointer");
                    hash.AppendData(buffer, 0, read);
                    await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                }

                if (total < pointer.Size) throw new LfsException($"only {total} of the {pointer.Size} bytes of its pointer came") { MayPass = true };
                if (Convert.ToHexStringLower(hash.GetHashAndReset()) != pointer.Oid) throw new LfsException("what came is not what its pointer names (SHA-256 differs)");
                file.Flush(flushToDisk: true);
            }

            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Move(beside, target, overwrite: true);
        }
        finally
        {
            File.Delete(beside);
        }
    }

    /// <summary>Tries again what may pass: a server that is busy says when, a connection breaks.</summary>
    private async Task<T> TryAsync<T>(Func<Task<T>> action, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            TimeSpan wait;
            try
            {
                return await action();
            }
            catch (LfsException e) when (e.MayPass && attempt < MostTries && e.RetryAfter <= LongestWait)
            {
                wait = e.RetryAfter;
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                if (e.InnerException is EgressRefusedException refused) throw new LfsException($"its host must not be connected to: {refused.Message}");
                if (attempt == MostTries) throw new LfsException("its host cannot be reached, or broke off");
                wait = TimeSpan.FromSeconds(attempt);
            }

            await Task.Delay(wait, _time, cancellationToken);
        }
    }

    /// <summary>Sends a request and follows redirects: past the same rules, without a credential, and to another origin without the action's headers.</summary>
    private async Task<HttpResponseMessage> SendAsync(
        Uri address, Func<bool, HttpRequestMessage> make, CancellationToken cancellationToken, AuthenticationHeaderValue? credential = null)
    {
        var (at, own) = (address, true);
        for (var hop = 0; ; hop++)
        {
            if (Refusal(at) is { } refusal) throw new LfsException(refusal);
            using var request = make(own);
            request.RequestUri = at;
            request.Headers.Accept.ParseAdd(request.Method == HttpMethod.Post ? MediaType : "*/*");
            if (hop == 0 && credential is not null && IsOwn(at)) request.Headers.Authorization = credential;
            var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.StatusCode is not (HttpStatusCode.MovedPermanently or HttpStatusCode.Found or HttpStatusCode.RedirectMethod or HttpStatusCode.RedirectKeepVerb or HttpStatusCode.PermanentRedirect)
                || response.Headers.Location is not { } location)
                return response;
            response.Dispose();
            if (hop == MostRedirects) throw new LfsException("its address leads to another one again and again");
            if (!Uri.TryCreate(at, location, out var next)) throw new LfsException("its address leads to none that can be used");
            own = own && IsSameOrigin(at, next);
            at = next;
        }
    }

    /// <summary>Why an address is not asked; null when it may be.</summary>
    private string? Refusal(Uri address) =>
        address.UserInfo.Length > 0 ? "its address holds a user"
        : address.Scheme == Uri.UriSchemeHttps || IsOwn(address) ? null
        : "its address is not https";

    private static HttpRequestMessage Get(bool own, IReadOnlyDictionary<string, string?>? headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, (Uri?)null);
        foreach (var (name, value) in own && headers is not null ? headers.Take(MostHeaders) : [])
        {
            if (value is null || NoHeaders.Contains(name) || value.Any(char.IsControl)) continue;
            try
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
            catch (FormatException)
            {
                // No name of a header.
            }
        }

        return request;
    }

    private static bool HasNoAuthorization(IReadOnlyDictionary<string, string?>? headers) => headers?.Keys.Any(k => k.Equals("Authorization", StringComparison.OrdinalIgnoreCase)) != true;

    private LfsException Failure(string who, HttpResponseMessage response)
    {
        var status = (int)response.StatusCode;
        var after = response.Headers.RetryAfter;
        var wait = after?.Delta ?? (after?.Date is { } date ? date - _time.GetUtcNow() : TimeSpan.FromSeconds(1));
        return new LfsException(status switch
        {
            401 or 403 => $"{who} does not let this account read it ({status})",
            404 or 405 or 501 when response.RequestMessage?.Method == HttpMethod.Post => $"there is no Git LFS server ({status})",
            404 or 410 => $"{who} does not have it ({status})",
            429 => $"{who} was asked too often ({status})",
            >= 300 and < 400 => $"{who} leads elsewhere without saying where ({status})",
            _ => $"{who} answers {status}",
        })
        {
            Status = response.StatusCode,
            MayPass = status is 408 or 429 or >= 500 and not 501,
            RetryAfter = wait < TimeSpan.Zero ? TimeSpan.Zero : wait,
        };
    }

    private static async Task<byte[]> BytesAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        using var body = new MemoryStream();
        var buffer = new byte[64 * 1024];
        for (int read; (read = await stream.ReadAsync(buffer, cancellationToken)) > 0;)
        {
            body.Write(buffer, 0, read);
            if (body.Length > MostAnswerBytes) throw new LfsException("the Git LFS server's answer is too long");
        }

        return body.ToArray();
    }

    /// <summary>Where a repository's server is by convention (docs/api/server-discovery.md).</summary>
    private static Uri Below(Uri repository)
    {
        var path = repository.GetLeftPart(UriPartial.Path).TrimEnd('/');
        return new Uri(path.EndsWith(".git", StringComparison.Ordinal) ? $"{path}/info/lfs" : $"{path}.git/info/lfs");
    }

    private bool IsOwn(Uri address) => _own is not null && IsSameOrigin(_own, address);

    private static bool IsSameOrigin(Uri a, Uri b) => a.Scheme == b.Scheme && a.Port == b.Port && a.IdnHost.Equals(b.IdnHost, StringComparison.OrdinalIgnoreCase);

    private Upstream Connector(IReadOnlyList<IPNetwork> open, Uri? proxy)
    {
        var egress = new EgressOptions { AllowedRanges = open, UpstreamProxy = proxy };
        return new Upstream(egress, new EgressPolicy(egress), _time);
    }

    private static X509ChainPolicy? Trust(string? bundle)
    {
        if (bundle is null) return null;
        var policy = new X509ChainPolicy { TrustMode = X509ChainTrustMode.CustomRootTrust, RevocationMode = X509RevocationMode.NoCheck };
        policy.CustomTrustStore.ImportFromPemFile(bundle);
        return policy;
    }

    private sealed class LfsException(string message) : Exception(message)
    {
        public HttpStatusCode? Status { get; init; }

        public bool MayPass { get; init; }

        public TimeSpan RetryAfter { get; init; }
    }
}

internal sealed record BatchRequest(string Operation, string[] Transfers, BatchObject[] Objects);

internal sealed record BatchAnswer(string? Transfer, BatchObject?[]? Objects);

internal sealed record BatchObject(string? Oid, long? Size, BatchActions? Actions, BatchError? Error);

internal sealed record BatchActions(BatchAction? Download);

internal sealed record BatchAction(string? Href, Dictionary<string, string?>? Header);

internal sealed record BatchError(int Code);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, NumberHandling = JsonNumberHandling.AllowReadingFromString)]
[JsonSerializable(typeof(BatchRequest))]
[JsonSerializable(typeof(BatchAnswer))]
internal sealed partial class LfsJson : JsonSerializerContext;
