using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge.Hooks;

/// <summary>
/// Signs and sends webhooks, one after the other per receiver. GitHub gives up on a receiver that is down; here the queue waits
/// and tries again, so that a demo survives a restart of the receiver, unless it is to give up as GitHub does.
/// </summary>
internal sealed class Webhooks : IAsyncDisposable
{
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMilliseconds(100);
    private readonly World _world;
    private readonly TimeProvider _time;
    private readonly TimeSpan _longestRetry;
    private readonly Action<string>? _log;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, AllowAutoRedirect = false }) { Timeout = TimeSpan.FromSeconds(10) };
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentDictionary<long, WebhookDelivery> _deliveries = new();
    private readonly List<(Hook Hook, Channel<long> Queue)> _hooks = [];
    private readonly List<Task> _senders = [];

    public Webhooks(World world, TimeProvider time, TimeSpan longestRetry, bool givesUp, Action<string>? log)
    {
        (_world, _time, _longestRetry, GivesUp, _log) = (world, time, longestRetry, givesUp, log);
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("LocalForge-Hookshot", "1"));
    }

    /// <summary>Whether what finds nobody is not tried again.</summary>
    public bool GivesUp { get; set; }

    /// <summary>All receivers.</summary>
    public IReadOnlyList<Hook> All
    {
        get
        {
            lock (_hooks)
                return [.. _hooks.Select(h => h.Hook)];
        }
    }

    /// <summary>All deliveries, oldest first.</summary>
    public IReadOnlyList<WebhookDelivery> Deliveries => _deliveries.Values.OrderBy(d => d.Id).ToList();

    /// <summary>Adds a hook of a GitLab project. Nothing is sent to try it.</summary>
    public Hook Add(Uri url, string token, GitLabHook settings)
    {
        var hook = new Hook(_world.NextId(), url, token, _world.Now) { GitLab = settings };
        Start(hook);
        return hook;
    }

    /// <summary>Removes a receiver; what waits for it is sent no more.</summary>
    public void Remove(Hook hook)
    {
        lock (_hooks)
        {
            var at = _hooks.FindIndex(h => h.Hook == hook);
            _hooks[at].Queue.Writer.TryComplete();
            _hooks.RemoveAt(at);
        }
    }

    /// <summary>Adds a receiver of everything; it is sent a ping first.</summary>
    public Hook Add(Uri url, string secret)
    {
        var hook = new Hook(_world.NextId(), url, secret, _world.Now);
        var queue = Start(hook);
        Queue(hook, queue, "ping", null, new JsonObject
        {
            ["zen"] = "Nothing is delivered twice by accident.",
            ["hook_id"] = hook.Id,
            ["hook"] = new JsonObject
            {
                ["type"] = "App",
                ["id"] = hook.Id,
                ["active"] = true,
                ["events"] = new JsonArray("*"),
                ["config"] = new JsonObject { ["url"] = url.ToString(), ["content_type"] = "json", ["insecure_ssl"] = "0" },
            },
        });
        return hook;
    }

    /// <summary>Sends an event of GitHub's to every receiver of those.</summary>
    public void Emit(string name, JsonObject payload)
    {
        lock (_hooks)
        {
            foreach (var (hook, queue) in _hooks.Where(h => h.Hook.GitLab is null))
                Queue(hook, queue, name, payload["action"]?.GetValue<string>(), payload);
        }
    }

    /// <summary>
    /// Sends an event to the hooks of a GitLab project that want its kind, e.g. <c>note_hooks</c>, which the header calls by a name, e.g.
    /// <c>Note Hook</c>.
    /// </summary>
    public void EmitGitLab(Repo repo, string trigger, string name, string? action, JsonObject payload)
    {
        // One event, whatever the number of hooks that hear of it.
        var uuid = Guid.NewGuid();
        lock (_hooks)
        {
            foreach (var (hook, queue) in _hooks.Where(h => h.Hook.GitLab is { } settings && settings.Repo == repo && settings.Triggers.Contains(trigger)))
                Queue(hook, queue, name, action, payload, trigger, uuid);
        }
    }

    /// <summary>Queues a delivery again, with the delivery id it had.</summary>
    public bool Redeliver(long id)
    {
        if (!_deliveries.TryGetValue(id, out var delivery))
            return false;
        lock (_hooks)
            return _hooks.Find(h => h.Hook.Id == delivery.HookId).Queue?.Writer.TryWrite(id) == true;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_senders);
        _http.Dispose();
        _stopping.Dispose();
    }

    private Channel<long> Start(Hook hook)
    {
        var queue = Channel.CreateUnbounded<long>(new UnboundedChannelOptions { SingleReader = true });
        lock (_hooks)
        {
            _hooks.Add((hook, queue));
            _senders.Add(SendAllAsync(hook, queue.Reader));
        }

        return queue;
    }

    private void Queue(Hook hook, Channel<long> queue, string name, string? action, JsonObject payload, string? trigger = null, Guid? uuid = null)
    {
        var delivery = new WebhookDelivery(
            _world.NextId(), Guid.NewGuid().ToString("D", CultureInfo.InvariantCulture), name, action, payload.ToJsonString(), hook.Id, 0, 0, null)
        { CreatedAt = _world.Now, Trigger = trigger, EventUuid = uuid };
        _deliveries[delivery.Id] = delivery;
        queue.Writer.TryWrite(delivery.Id);
    }

    private async Task SendAllAsync(Hook hook, ChannelReader<long> queue)
    {
        try
        {
            await foreach (var id in queue.ReadAllAsync(_stopping.Token))
            {
                var wait = FirstRetry;
                while (!await TrySendAsync(hook, _deliveries[id]) && !GivesUp)
                {
                    await Task.Delay(wait, _time, _stopping.Token);
                    wait = wait * 2 < _longestRetry ? wait * 2 : _longestRetry;
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // Stopping; what is left was never promised to survive.
        }
    }

    // True when the receiver gave an answer that another attempt would not change.
    private async Task<bool> TrySendAsync(Hook hook, WebhookDelivery delivery)
    {
        var body = Encoding.UTF8.GetBytes(delivery.Payload);
        using var request = new HttpRequestMessage(HttpMethod.Post, hook.Url) { Content = new ByteArrayContent(body) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (hook.GitLab is { } settings)
            AddGitLabHeaders(request.Headers, hook, settings, delivery, body);
        else
            AddGitHubHeaders(request.Headers, hook, delivery, body);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, _stopping.Token);
            var status = (int)response.StatusCode;
            _deliveries[delivery.Id] = delivery with { Attempts = delivery.Attempts + 1, StatusCode = status, DeliveredAt = _world.Now };
            _log?.Invoke($"webhook {delivery.Event}{(delivery.Action is null ? "" : "." + delivery.Action)} {delivery.Guid} -> {status}");
            return status < 500;
        }
        catch (Exception e) when (e is HttpRequestException or SocketException or TaskCanceledException && !_stopping.IsCancellationRequested)
        {
            if (GivesUp)
                _deliveries[delivery.Id] = delivery with { Attempts = delivery.Attempts + 1, StatusCode = 0, DeliveredAt = _world.Now };
            return false;
        }
    }

    private static void AddGitHubHeaders(HttpRequestHeaders headers, Hook hook, WebhookDelivery delivery, byte[] body)
    {
        headers.Add("X-GitHub-Event", delivery.Event);
        headers.Add("X-GitHub-Delivery", delivery.Guid);
        headers.Add("X-GitHub-Hook-ID", hook.Id.ToString(CultureInfo.InvariantCulture));
        headers.Add(
            "X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData(Encoding.UTF8.GetBytes(hook.Secret), body)));
    }

    // The signature is that of Standard Webhooks; the key stays the same over retries, the time does not.
    private void AddGitLabHeaders(HttpRequestHeaders headers, Hook hook, GitLabHook settings, WebhookDelivery delivery, byte[] body)
    {
        headers.UserAgent.Clear();
        headers.UserAgent.Add(new ProductInfoHeaderValue("GitLab", "18.6.0"));
        headers.Add("X-Gitlab-Event", delivery.Event);
        headers.Add("X-Gitlab-Webhook-UUID", settings.Uuid.ToString("D", CultureInfo.InvariantCulture));
        headers.Add("X-Gitlab-Instance", _world.BaseUrl);
        headers.Add("X-Gitlab-Event-UUID", delivery.EventUuid?.ToString("D", CultureInfo.InvariantCulture));
        headers.Add("Idempotency-Key", delivery.Guid);
        if (hook.Secret.Length > 0)
            headers.Add("X-Gitlab-Token", hook.Secret);
        if (settings.SigningKey is not { } key)
            return;
        var time = _time.GetUtcNow().ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{delivery.Guid}.{time}."), .. body];
        headers.Add("webhook-id", delivery.Guid);
        headers.Add("webhook-timestamp", time);
        headers.Add("webhook-signature", "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, signed)));
    }
}
