using System.Collections.Concurrent;
using System.Globalization;
using System.Numerics.Tensors;
using Microsoft.Extensions.AI;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>
/// Ranks a tree's files by how like a question they are to a model. What was never shown to the model is shown to it in passing, for a bounded time of
/// each search, and kept in the index: a change costs what it changed. No failure of the model fails a search; it is said instead.
/// </summary>
internal sealed class MeaningSearch(CodeEmbeddings options, TimeProvider time) : IDisposable
{
    private const int MostFound = 50;

    // The least that common servers take in one request.
    private const int ChunksOfARequest = 32;
    private const int RequestsAtOnce = 4;
    private const int LargestDimension = 8_192;

    // Floats in memory for all repositories together: half a gigabyte.
    private const long MostNumbers = 128L << 20;

    // One that a model cannot take is tried again alone, so that it keeps no others back, and then left.
    private const int MostTries = 3;

    private static readonly TimeSpan QuestionPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan RequestPatience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan ReadingTime = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private readonly List<Space> _spaces = [];
    private readonly Lock _gate = new();
    private long _restsUntil;

    /// <summary>The files of a tree whose pieces are most like a question, the best first.</summary>
    /// <param name="tree">The tree.</param>
    /// <param name="question">The question.</param>
    /// <param name="isReadable">Which files may be shown to the model.</param>
    /// <param name="cancellationToken">Stops.</param>
    public async Task<MeaningRanking> RankAsync(CodeTree tree, string question, Func<string, bool> isReadable, CancellationToken cancellationToken)
    {
        if (options.HoldsSecret(question)) return MeaningRanking.Without("the question holds what looks like a credential");
        if (time.GetUtcNow().UtcTicks < Volatile.Read(ref _restsUntil)) return MeaningRanking.Without("the model for it gave no answer a moment ago");
        var contents = tree.Contents.Where(c => c.Paths.Any(isReadable)).Select(c => c.Id).ToArray();
        try
        {
            var asked = Meanings.OfLengthOne((await AskAsync([question], null, QuestionPatience, cancellationToken))[0].Span);
            var space = SpaceOf(tree.Index, asked.Length);
            await ReadAsync(tree, space, contents, cancellationToken);
            cancellationToken.ThrowIfCancellationRequested();
            var found = contents.Select(c => (Content: c, Best: space.Known.TryGetValue(c, out var of) ? of.Best(asked) : null)).Where(c => c.Best is not null)
                .OrderByDescending(c => c.Best!.Value.Likeness).Take(MostFound).Select(c => (c.Content, c.Best!.Value.Lines)).ToArray();
            return new MeaningRanking(found, Remark(space, contents));
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // Whatever a provider's client throws. It is asked again after a while; its own log says why.
            Volatile.Write(ref _restsUntil, (time.GetUtcNow() + Rest).UtcTicks);
            return MeaningRanking.Without("the model for it gave no usable answer");
        }
    }

    /// <summary>Forgets what is in memory of an index: contents were taken out of it.</summary>
    public void Forget(CodeIndex index)
    {
        lock (_gate) _spaces.RemoveAll(s => s.Index == index);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        lock (_gate) _spaces.ForEach(s => s.Turn.Dispose());
    }

    private static string Remark(Space space, long[] contents)
    {
        var read = contents.Count(space.Known.ContainsKey);
        return read == contents.Length ? "" : string.Create(CultureInfo.InvariantCulture, $"[searched by meaning: {read} of {contents.Length} files{(space.IsFull ? ", as many as may be" : " so far")}]\n");
    }

    // Shows the model what it has not seen, within the time; who comes meanwhile searches what is there.
    private async Task ReadAsync(CodeTree tree, Space space, long[] contents, CancellationToken cancellationToken)
    {
        if (!await space.Turn.WaitAsync(TimeSpan.Zero, cancellationToken)) return;
        try
        {
            if (time.GetUtcNow() < space.RestsUntil) return;
            var began = time.GetTimestamp();
            var left = options.MostChunks - contents.Sum(c => space.Known.TryGetValue(c, out var of) ? of.Lines.Length : 0);
            var missing = new Queue<long>(contents.Where(c => !space.Known.ContainsKey(c) && space.Tries.GetValueOrDefault(c) < MostTries).OrderBy(c => space.Tries.GetValueOrDefault(c)).ThenBy(c => tree.PathsOf(c)[0], StringComparer.Ordinal));
            var running = new List<Task>();
            while (missing.Count > 0 && left > 0 && time.GetElapsedTime(began) < ReadingTime)
            {
                var batch = Batch(tree, space, missing);
                left -= batch.Sum(b => b.Chunks.Count);
                running.Add(ReadAsync(tree.Index, space, batch, cancellationToken));
                if (running.Count < RequestsAtOnce) continue;
                await Task.WhenAny(running);
                running.RemoveAll(r => r.IsCompletedSuccessfully);
                if (running.Exists(r => r.IsCompleted)) break;
            }

            space.IsFull = left <= 0;
            await Task.WhenAll(running);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // What was read before is searched.
            space.RestsUntil = time.GetUtcNow() + Rest;
        }
        finally
        {
            space.Turn.Release();
        }
    }

    private List<(long Content, IReadOnlyList<CodeChunk> Chunks)> Batch(CodeTree tree, Space space, Queue<long> missing)
    {
        var batch = new List<(long Content, IReadOnlyList<CodeChunk> Chunks)>();
        for (var pieces = 0; missing.Count > 0;)
        {
            var isAlone = space.Tries.GetValueOrDefault(missing.Peek()) > 0;
            if (batch.Count > 0 && isAlone) break;
            var content = missing.Dequeue();
            var text = tree.Index.TextOf(content);
            var chunks = text.Length == 0 || options.HoldsSecret(text) ? [] : CodeChunks.Of(text, tree.Index.SymbolsOf(content));
            batch.Add((content, chunks));
            pieces += chunks.Count;
            if (isAlone || pieces >= ChunksOfARequest) break;
        }

        return batch;
    }

    private async Task ReadAsync(CodeIndex index, Space space, List<(long Content, IReadOnlyList<CodeChunk> Chunks)> batch, CancellationToken cancellationToken)
    {
        try
        {
            var vectors = new List<ReadOnlyMemory<float>>();
            foreach (var texts in batch.SelectMany(b => b.Chunks).Select(c => c.Text).Chunk(ChunksOfARequest)) vectors.AddRange(await AskAsync(texts, space.Dimension, RequestPatience, cancellationToken));
            var at = 0;
            var read = batch.Select(b => (b.Content, Meanings: Meanings.Of([.. b.Chunks.Select(c => (c.Lines, vectors[at++]))]))).ToArray();
            index.Keep(options.Model, space.Dimension, read);
            foreach (var (content, of) in read) space.Known[content] = of;
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            foreach (var (content, _) in batch) space.Tries.AddOrUpdate(content, 1, (_, tries) => tries + 1);
            throw;
        }
    }

    /// <summary>Asks the model, and believes nothing: another count, another space, or numbers that are none are no answer.</summary>
    private async Task<IReadOnlyList<ReadOnlyMemory<float>>> AskAsync(string[] texts, int? dimension, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var late = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellationToken);
        var answer = await options.Generator.GenerateAsync(texts, new EmbeddingGenerationOptions { ModelId = options.Model, Dimensions = options.Dimensions }, either.Token);
        var vectors = answer.Select(e => e.Vector).ToArray();
        if (vectors.Length != texts.Length) throw new InvalidDataException($"{texts.Length} texts, {vectors.Length} vectors.");
        var size = dimension ?? vectors[0].Length;
        if (size is 0 or > LargestDimension || !Array.TrueForAll(vectors, v => v.Length == size && IsDirection(v.Span))) throw new InvalidDataException("Vectors that cannot be used.");
        return vectors;
    }

    private static bool IsDirection(ReadOnlySpan<float> vector) => TensorPrimitives.Norm(vector) is > 0 and < float.PositiveInfinity;

    private Space SpaceOf(CodeIndex index, int dimension)
    {
        lock (_gate)
        {
            var space = _spaces.Find(s => s.Index == index && s.Dimension == dimension) ?? new Space(index, dimension, options.Model);
            // The last used is the last to go.
            _spaces.Remove(space);
            _spaces.Add(space);
            while (_spaces.Count > 1 && _spaces.Sum(s => s.Numbers) > MostNumbers) _spaces.RemoveAt(0);
            return space;
        }
    }

    /// <summary>The vectors of one index and model in memory.</summary>
    private sealed class Space(CodeIndex index, int dimension, string model)
    {
        public CodeIndex Index => index;

        public int Dimension => dimension;

        public ConcurrentDictionary<long, Meanings> Known { get; } = new(index.MeaningsOf(model, dimension).Select(m => KeyValuePair.Create(m.Content, m.Meanings)));

        public ConcurrentDictionary<long, int> Tries { get; } = [];

        public SemaphoreSlim Turn { get; } = new(1);

        public DateTimeOffset RestsUntil { get; set; } = DateTimeOffset.MinValue;

        public bool IsFull { get; set; }

        public long Numbers => Known.Values.Sum(m => (long)m.Vectors.Length);
    }
}

/// <summary>What a search by meaning found.</summary>
/// <param name="Found">Contents and the lines of each that are most like the question, the best first.</param>
/// <param name="Remark">What the reader of the answer should know, as a line; empty for nothing.</param>
internal sealed record MeaningRanking(IReadOnlyList<(long Content, LineRange Lines)> Found, string Remark)
{
    /// <summary>Nobody asked for it.</summary>
    public static MeaningRanking None { get; } = new([], "");

    /// <summary>It was not possible.</summary>
    public static MeaningRanking Without(string why) => new([], $"[not searched by meaning: {why}]\n");
}
