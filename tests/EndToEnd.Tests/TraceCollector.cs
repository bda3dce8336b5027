using System.Collections.Concurrent;
using System.Globalization;
using Google.Protobuf;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace CodingAgent.EndToEnd.Tests;

/// <summary>Takes what a service exports by OTLP over HTTP, and keeps the spans.</summary>
internal sealed class TraceCollector : IAsyncDisposable
{
    private readonly ConcurrentQueue<Span> _spans = new();
    private readonly WebApplication _app;

    private TraceCollector()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        _app = builder.Build();
        _app.MapPost("/v1/traces", async (HttpContext context) =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            Read(body.ToArray());
        });
        _app.MapPost("/v1/metrics", () => Results.Ok());
    }

    /// <summary>Where it listens; for <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.</summary>
    public string Url => _app.Urls.First();

    public static async Task<TraceCollector> StartAsync()
    {
        var collector = new TraceCollector();
        await collector._app.StartAsync();
        return collector;
    }

    /// <summary>What came of a trace so far.</summary>
    public IReadOnlyList<Span> Of(string trace) => [.. _spans.Where(s => s.Trace == trace)];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    // ExportTraceServiceRequest > resource_spans > scope_spans > spans, by their numbers in opentelemetry/proto/trace/v1.
    private void Read(byte[] request)
    {
        foreach (var spans in Fields(request).Where(f => f.Number == 1).SelectMany(f => Fields(f.Bytes)).Where(f => f.Number == 2))
        {
            foreach (var span in Fields(spans.Bytes).Where(f => f.Number == 2))
                _spans.Enqueue(SpanOf([.. Fields(span.Bytes)]));
        }
    }

    private static Span SpanOf(IReadOnlyList<Field> fields)
    {
        string Hex(int number) => Convert.ToHexStringLower(fields.FirstOrDefault(f => f.Number == number).Bytes ?? []);
        var attributes = fields.Where(f => f.Number == 9).Select(f => Fields(f.Bytes).ToArray())
            .ToDictionary(kv => Text(kv.Single(f => f.Number == 1)), kv => kv.Where(f => f.Number == 2).SelectMany(f => Fields(f.Bytes)).Select(Text).FirstOrDefault() ?? "", StringComparer.Ordinal);
        return new Span(
            Hex(1), Hex(2), Hex(4), Text(fields.Single(f => f.Number == 5)), attributes,
            [.. fields.Where(f => f.Number == 13).Select(f => Convert.ToHexStringLower(Fields(f.Bytes).First(l => l.Number == 1).Bytes))]);
    }

    private static string Text(Field field) => field.Bytes is { } bytes ? System.Text.Encoding.UTF8.GetString(bytes) : field.Value.ToString(CultureInfo.InvariantCulture);

    private static IEnumerable<Field> Fields(byte[] message)
    {
        var input = new CodedInputStream(message);
        while (input.ReadTag() is var tag and not 0)
        {
            yield return WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.LengthDelimited => new Field(WireFormat.GetTagFieldNumber(tag), input.ReadBytes().ToByteArray(), 0),
                WireFormat.WireType.Fixed64 => new Field(WireFormat.GetTagFieldNumber(tag), null!, input.ReadFixed64()),
                WireFormat.WireType.Fixed32 => new Field(WireFormat.GetTagFieldNumber(tag), null!, input.ReadFixed32()),
                _ => new Field(WireFormat.GetTagFieldNumber(tag), null!, input.ReadUInt64()),
            };
        }
    }

    private readonly record struct Field(int Number, byte[] Bytes, ulong Value);

    /// <summary>A span as it was exported.</summary>
    internal sealed record Span(string Trace, string Id, string Parent, string Name, IReadOnlyDictionary<string, string> Attributes, IReadOnlyList<string> LinkedTraces);
}
