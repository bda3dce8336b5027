using System.Globalization;
using System.Text;
using CodingAgent.Mcp.Git;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Mcp.CodeSearch;

/// <summary>
/// What is known of a repository's files by their content: full text by words (BM25) and by three characters at a time, symbols, which names are said
/// how often, and vectors of meaning where a model makes them. It lies beside the mirror as one file, is a cache, and is made anew when it is damaged.
/// A content is taken in once, whatever commits and paths it has; which contents a search sees is the tree's to say.
/// </summary>
internal sealed class CodeIndex : IDisposable
{
    private const string FileName = "code-index.db";

    // Raised when what is stored changes its meaning: an older file is made anew.
    private const int Version = 2;

    private const string Schema = """
        CREATE TABLE contents (id INTEGER PRIMARY KEY, object TEXT NOT NULL, kind TEXT NOT NULL, body BLOB NOT NULL, used_at INTEGER NOT NULL, UNIQUE (object, kind));
        CREATE TABLE symbols (id INTEGER PRIMARY KEY, content INTEGER NOT NULL, name TEXT NOT NULL, folded TEXT NOT NULL, kind TEXT NOT NULL, line INTEGER NOT NULL, last INTEGER NOT NULL, scope TEXT NOT NULL, signature TEXT NOT NULL);
        CREATE INDEX symbols_name ON symbols (folded);
        CREATE INDEX symbols_content ON symbols (content);
        CREATE TABLE uses (content INTEGER PRIMARY KEY, packed BLOB NOT NULL);
        CREATE TABLE meanings (content INTEGER NOT NULL, model TEXT NOT NULL, dimension INTEGER NOT NULL, lines BLOB NOT NULL, vectors BLOB NOT NULL, PRIMARY KEY (content, model, dimension));
        CREATE VIRTUAL TABLE words USING fts5 (body, content='', contentless_delete=1, tokenize='porter unicode61');
        CREATE VIRTUAL TABLE trigrams USING fts5 (body, content='', contentless_delete=1, tokenize='trigram', detail=none);
        CREATE VIRTUAL TABLE symbol_words USING fts5 (body, content='', contentless_delete=1, tokenize='porter unicode61', detail=none);
        """;

    private readonly SqliteConnection _connection;
    private readonly Lock _gate = new();

    private CodeIndex(SqliteConnection connection) => _connection = connection;

    /// <summary>Opens the index of a mirror; a damaged one, or one of another version, is made anew.</summary>
    public static CodeIndex Open(GitMirror mirror)
    {
        var file = Path.Combine(mirror.GitDirectory, FileName);
        try
        {
            return OpenFile(file);
        }
        catch (Exception e) when (e is SqliteException { SqliteErrorCode: 11 or 26 } or InvalidDataException)
        {
            foreach (var part in (string[])[file, file + "-wal", file + "-shm"]) File.Delete(part);
            return OpenFile(file);
        }
    }

    /// <summary>Which of the contents are not here yet.</summary>
    public IReadOnlyList<ContentKey> Missing(IEnumerable<ContentKey> keys)
    {
        lock (_gate)
        {
            using var find = Command("SELECT 1 FROM contents WHERE object = $object AND kind = $kind", ("$object", ""), ("$kind", ""));
            return [.. keys.Where(key =>
            {
                find.Parameters[0].Value = key.ObjectId;
                find.Parameters[1].Value = key.Kind;
                return find.ExecuteScalar() is null;
            })];
        }
    }

    /// <summary>Takes contents in, all or none.</summary>
    public void Add(IReadOnlyList<(ContentKey Key, string Text, IReadOnlyList<CodeSymbol> Symbols)> contents, DateTimeOffset now)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction(deferred: false);
            using var content = Command("INSERT INTO contents (object, kind, body, used_at) VALUES ($object, $kind, $body, $now) ON CONFLICT DO NOTHING RETURNING id", ("$object", ""), ("$kind", ""), ("$body", Array.Empty<byte>()), ("$now", now.ToUnixTimeSeconds()));
            using var words = Command("INSERT INTO words (rowid, body) VALUES ($id, $body)", ("$id", 0L), ("$body", ""));
            using var trigrams = Command("INSERT INTO trigrams (rowid, body) VALUES ($id, $body)", ("$id", 0L), ("$body", ""));
            using var symbol = Command(
                "INSERT INTO symbols (content, name, folded, kind, line, last, scope, signature) VALUES ($content, $name, $folded, $kind, $line, $last, $scope, $signature) RETURNING id",
                ("$content", 0L), ("$name", ""), ("$folded", ""), ("$kind", ""), ("$line", 0), ("$last", 0), ("$scope", ""), ("$signature", ""));
            using var symbolWords = Command("INSERT INTO symbol_words (rowid, body) VALUES ($id, $body)", ("$id", 0L), ("$body", ""));
            using var uses = Command("INSERT INTO uses (content, packed) VALUES ($id, $packed)", ("$id", 0L), ("$packed", Array.Empty<byte>()));
            foreach (var (key, text, symbols) in contents)
            {
                // Another process was faster.
                if (Run(content, key.ObjectId, key.Kind, Encoding.UTF8.GetBytes(text), now.ToUnixTimeSeconds()) is not long id) continue;
                Run(words, id, IdentifierWords.ForIndex(text));
                Run(trigrams, id, text);
                Run(uses, id, NameUses.Pack(text));
                foreach (var s in symbols)
                {
                    var symbolId = Run(symbol, id, s.Name, s.Name.ToLowerInvariant(), s.Kind, s.Line, s.LastLine, s.Scope, s.Signature);
                    Run(symbolWords, symbolId!, IdentifierWords.ForIndex($"{s.Scope} {s.Name}"));
                }
            }

            transaction.Commit();
        }
    }

    /// <summary>The ids of contents, and that they are in use now; those that are not here are left out.</summary>
    public IReadOnlyDictionary<ContentKey, long> Ids(IReadOnlyCollection<ContentKey> keys, DateTimeOffset now)
    {
        lock (_gate)
        {
            var ids = new Dictionary<ContentKey, long>(keys.Count);
            using var transaction = _connection.BeginTransaction(deferred: false);
            using var find = Command("SELECT id FROM contents WHERE object = $object AND kind = $kind", ("$object", ""), ("$kind", ""));
            // A day is precise enough for what goes after weeks.
            using var use = Command("UPDATE contents SET used_at = $now WHERE id = $id AND used_at < $now - 86400", ("$now", now.ToUnixTimeSeconds()), ("$id", 0L));
            foreach (var key in keys)
            {
                if (Run(find, key.ObjectId, key.Kind) is not long id) continue;
                ids[key] = id;
                Run(use, now.ToUnixTimeSeconds(), id);
            }

            transaction.Commit();
            return ids;
        }
    }

    /// <summary>Contents that hold one of the words, the best first.</summary>
    /// <param name="words">Words in lower case, as <see cref="IdentifierWords"/> makes them.</param>
    public IEnumerable<long> ByWords(IReadOnlyCollection<string> words) => Match("SELECT rowid FROM words WHERE words MATCH $query ORDER BY rank", Any(words));

    /// <summary>Contents that may hold a text of three characters or more, whatever its case: all its runs of three are in them.</summary>
    public IEnumerable<long> ByTrigrams(string text) => Match(
        "SELECT rowid FROM trigrams WHERE trigrams MATCH $query",
        string.Join(" AND ", Enumerable.Range(0, Math.Max(0, text.Length - 2)).Select(i => text.Substring(i, 3)).Where(t => !t.Any(char.IsSurrogate)).Distinct(StringComparer.OrdinalIgnoreCase).Select(Quoted)));

    /// <summary>Symbols of exactly a name, whatever its case.</summary>
    public IEnumerable<(long Content, CodeSymbol Symbol)> ByName(string name) => Symbols("WHERE folded = $query ORDER BY id LIMIT 2000", name.ToLowerInvariant());

    /// <summary>Symbols whose names or scopes hold one of the words, the best first.</summary>
    public IEnumerable<(long Content, CodeSymbol Symbol)> BySymbolWords(IReadOnlyCollection<string> words) =>
        words.Count == 0 ? [] : Symbols("JOIN symbol_words ON symbol_words.rowid = symbols.id WHERE symbol_words MATCH $query ORDER BY rank LIMIT 200", Any(words));

    /// <summary>The symbols of a content, by line.</summary>
    public IReadOnlyList<CodeSymbol> SymbolsOf(long content) => [.. Symbols("WHERE content = $query ORDER BY line", content).Select(s => s.Symbol)];

    /// <summary>What is defined where, by name alone.</summary>
    /// <param name="kinds">Kinds that count.</param>
    public IEnumerable<(long Content, string Name)> Definitions(IReadOnlySet<string> kinds)
    {
        lock (_gate)
        {
            using var read = Command($"SELECT content, name FROM symbols WHERE kind IN ({string.Join(',', kinds.Select((_, i) => $"$k{i}"))}) ORDER BY content, id", [.. kinds.Select((k, i) => ($"$k{i}", (object)k))]);
            using var reader = read.ExecuteReader();
            var found = new List<(long, string)>();
            while (reader.Read()) found.Add((reader.GetInt64(0), reader.GetString(1)));
            return found;
        }
    }

    /// <summary>Which names each content says, and how often.</summary>
    public IReadOnlyDictionary<long, NameUses> Uses()
    {
        lock (_gate)
        {
            using var read = Command("SELECT content, packed FROM uses");
            using var reader = read.ExecuteReader();
            var found = new Dictionary<long, NameUses>();
            while (reader.Read()) found[reader.GetInt64(0)] = new NameUses((byte[])reader[1]);
            return found;
        }
    }

    /// <summary>The vectors of contents that a model was asked about; a content that has none to be found is here with none.</summary>
    /// <param name="model">The model.</param>
    /// <param name="dimension">Numbers of a vector: another count is another space.</param>
    public IEnumerable<(long Content, Meanings Meanings)> MeaningsOf(string model, int dimension)
    {
        lock (_gate)
        {
            using var read = Command("SELECT content, lines, vectors FROM meanings WHERE model = $model AND dimension = $dimension", ("$model", model), ("$dimension", dimension));
            using var reader = read.ExecuteReader();
            var found = new List<(long, Meanings)>();
            while (reader.Read()) found.Add((reader.GetInt64(0), Meanings.Unpack((byte[])reader[1], (byte[])reader[2])));
            return found;
        }
    }

    /// <summary>Keeps the vectors of contents.</summary>
    public void Keep(string model, int dimension, IReadOnlyCollection<(long Content, Meanings Meanings)> meanings)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction(deferred: false);
            using var add = Command(
                // Of a content that was forgotten meanwhile nothing is kept.
                "INSERT OR REPLACE INTO meanings (content, model, dimension, lines, vectors) SELECT id, $model, $dimension, $lines, $vectors FROM contents WHERE id = $id",
                ("$id", 0L), ("$model", model), ("$dimension", dimension), ("$lines", Array.Empty<byte>()), ("$vectors", Array.Empty<byte>()));
            foreach (var (content, of) in meanings)
            {
                var (lines, vectors) = of.Pack();
                Run(add, content, model, dimension, lines, vectors);
            }

            transaction.Commit();
        }
    }

    /// <summary>A content's text; empty when it is gone.</summary>
    public string TextOf(long content)
    {
        lock (_gate)
        {
            using var read = Command("SELECT body FROM contents WHERE id = $id", ("$id", content));
            return read.ExecuteScalar() is byte[] body ? Encoding.UTF8.GetString(body) : "";
        }
    }

    /// <summary>Forgets what no tree has asked for since a time.</summary>
    public int Prune(DateTimeOffset before)
    {
        lock (_gate)
        {
            using var transaction = _connection.BeginTransaction(deferred: false);
            const string Old = "SELECT id FROM contents WHERE used_at < $before";
            var gone = 0;
            foreach (var sql in new[]
            {
                $"DELETE FROM symbol_words WHERE rowid IN (SELECT id FROM symbols WHERE content IN ({Old}))", $"DELETE FROM symbols WHERE content IN ({Old})",
                $"DELETE FROM words WHERE rowid IN ({Old})", $"DELETE FROM trigrams WHERE rowid IN ({Old})", $"DELETE FROM uses WHERE content IN ({Old})",
                $"DELETE FROM meanings WHERE content IN ({Old})", "DELETE FROM contents WHERE used_at < $before",
            })
            {
                using var delete = Command(sql, ("$before", before.ToUnixTimeSeconds()));
                gone = delete.ExecuteNonQuery();
            }

            transaction.Commit();
            return gone;
        }
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _connection.Dispose();
        GC.SuppressFinalize(this);
    }

    private static CodeIndex OpenFile(string file)
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Pooling = false, DefaultTimeout = 30 }.ToString());
        try
        {
            connection.Open();
            var index = new CodeIndex(connection);
            // A cache: what a power cut takes is read again.
            index.Execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=OFF; PRAGMA cache_size=-32000");
            using var transaction = connection.BeginTransaction(deferred: false);
            var version = Convert.ToInt64(index.Scalar("PRAGMA user_version"), CultureInfo.InvariantCulture);
            if (version == 0)
                index.Execute($"{Schema} PRAGMA user_version = {Version};");
            else if (version != Version)
                throw new InvalidDataException($"Version {version}.");
            transaction.Commit();
            return index;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private List<long> Match(string sql, string query)
    {
        if (query.Length == 0) return [];
        lock (_gate)
        {
            using var command = Command(sql, ("$query", query));
            using var reader = command.ExecuteReader();
            var found = new List<long>();
            while (reader.Read()) found.Add(reader.GetInt64(0));
            return found;
        }
    }

    private List<(long Content, CodeSymbol Symbol)> Symbols(string which, object? query)
    {
        lock (_gate)
        {
            using var command = Command($"SELECT content, name, kind, line, last, scope, signature FROM symbols {which}", ("$query", query ?? DBNull.Value));
            using var reader = command.ExecuteReader();
            var found = new List<(long, CodeSymbol)>();
            while (reader.Read())
                found.Add((reader.GetInt64(0), new CodeSymbol(reader.GetString(1), reader.GetString(2), reader.GetInt32(3), reader.GetInt32(4), reader.GetString(5), reader.GetString(6))));
            return found;
        }
    }

    private static string Any(IEnumerable<string> words) => string.Join(" OR ", words.Distinct(StringComparer.Ordinal).Select(Quoted));

    private static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";

    private SqliteCommand Command(string sql, params (string Name, object Value)[] parameters)
    {
        var command = _connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value);
        return command;
    }

    private static object? Run(SqliteCommand command, params ReadOnlySpan<object> values)
    {
        for (var i = 0; i < values.Length; i++) command.Parameters[i].Value = values[i];
        return command.ExecuteScalar();
    }

    private object? Scalar(string sql)
    {
        using var command = Command(sql);
        return command.ExecuteScalar();
    }

    private void Execute(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }
}

/// <summary>What an index knows a content by.</summary>
/// <param name="ObjectId">Its id in git.</param>
/// <param name="Kind">The ending of its file's name, which tells its language.</param>
internal readonly record struct ContentKey(string ObjectId, string Kind);
