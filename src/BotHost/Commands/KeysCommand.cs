using System.CommandLine;
using CodingAgent.BotHost.Codec;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Keys;
using CodingAgent.BotHost.Setup;
using CodingAgent.Mcp.Files;
using CodingAgent.Storage;
using CodingAgent.Workflows.Tasks;
using TemporalServer;

namespace CodingAgent.BotHost.Commands;

/// <summary>
/// <c>codingagent keys list|rotate|reseal|retire</c>: the storage keys, from the first to the last day of each; and <c>keys records</c>: the
/// public halves of those that sign records, for an applier elsewhere.
/// </summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var command = new Command("keys", "The storage keys: which there are, a new one, and an end for old ones.");
        Add("list", "Which key seals, and what each has sealed.", ListAsync);
        Add("rotate", "Puts a new key before the others in the key file; restart the service then.", RotateAsync);
        Add("reseal", "Seals with the first key what others sealed, in the service's database; it may run.", ResealAsync);
        Add("retire", "Takes keys that nothing needs any more out of the key file.", RetireAsync);
        Add("records", "The public keys of what signs records here, as settings of an applier elsewhere.", RecordsAsync);
        return command;

        void Add(string name, string description, Func<Place, CancellationToken, Task<int>> run)
        {
            var verb = new Command(name, description);
            var options = new ServiceOptions(verb);
            verb.SetAction((parsed, ct) => RunAsync(() => Place.Read(options.NewBuilder(parsed).Configuration), run, ct));
            command.Add(verb);
        }
    }

    /// <summary>One line for each key, the one that seals first: what it sealed, and whether it is needed.</summary>
    internal static async Task<IReadOnlyList<string>> DescribeAsync(Place place, PayloadCipher cipher, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        var uses = await UsesAsync(place, cipher, cancellationToken);
        foreach (var id in cipher.KeyIds)
        {
            var (values, payloads) = uses.GetValueOrDefault(id);
            var role = id == cipher.WritingKeyId ? "seals" : values + payloads > 0 ? "still needed" : place.IsCluster ? "not needed by the database; look after the cluster's histories yourself" : "not needed any more";
            lines.Add($"key {id}: {role}; sealed {values} values of the database and {payloads} parts of histories");
        }

        if (uses.GetValueOrDefault("").Values is > 0 and var plain)
            lines.Add($"{plain} values from before are not sealed ('codingagent keys reseal' does it)");
        return lines;
    }

    private static async Task<int> RunAsync(Func<Place> read, Func<Place, CancellationToken, Task<int>> run, CancellationToken cancellationToken)
    {
        try
        {
            PrivateFiles.RestrictNewFiles();
            var place = read();
            DataFolder.RequireOwn(place.DataDirectory);
            return await run(place, cancellationToken);
        }
        catch (Exception e) when (e is ConfigurationException or StorageException or TemporalServerException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync($"codingagent: {e.Message.ReplaceLineEndings(" ")}");
            return 2;
        }
    }

    private static async Task<int> ListAsync(Place place, CancellationToken cancellationToken)
    {
        foreach (var line in await DescribeAsync(place, await place.ReadKeysAsync(cancellationToken), cancellationToken))
            Console.WriteLine(line);
        return 0;
    }

    private static Task<int> RecordsAsync(Place place, CancellationToken cancellationToken)
    {
        var found = place.Records.Roles.Where(r => File.Exists(r.Value.File)).ToArray();
        if (found.Length == 0)
            throw new ConfigurationException($"There is no key that signs records: 'serve' makes the default ones at its first start ({place.Records.Roles[RecordRole.Control].File}), or name one with Records:ROLE:KeyFile.");
        foreach (var (role, at) in found)
        {
            var keys = new RecordKeys();
            keys.Add(role, StorageKeys.Parse(SecretFile.Read(at.File, $"the key that signs as {role}").Text, at.File), signs: false);
            Console.WriteLine($"Records__{role}__PublicKeys={string.Join(',', keys.Trusted.Select(t => t.PublicKey))}");
        }

        return Task.FromResult(0);
    }

    private static async Task<int> RotateAsync(Place place, CancellationToken cancellationToken)
    {
        place.RequireFile();
        await place.ReadKeysAsync(cancellationToken);
        var text = SecretFile.NewSecret() + "\n" + SecretFile.Read(place.Keys.File, "the storage key").Text + "\n";
        var cipher = new PayloadCipher(StorageKeys.Parse(text, place.Keys.File));
        SecretFile.Write(place.Keys.File, text, overwrite: true);
        Console.WriteLine($"Key {cipher.WritingKeyId} seals from the next start of the service on; restart all its processes now, and back up {place.Keys.File}.");
        return 0;
    }

    private static async Task<int> ResealAsync(Place place, CancellationToken cancellationToken)
    {
        var cipher = await place.ReadKeysAsync(cancellationToken);
        using var database = await place.OpenAsync(cancellationToken);
        var rows = new SealedRows(database, cipher);
        await rows.RegisterAsync(cancellationToken);
        if (StoredApp.KeyIdIn(place.DataDirectory) is not null)
            StoredApp.Read(place.DataDirectory, cipher).Save(place.DataDirectory, cipher);
        Console.WriteLine($"{await rows.ResealAsync(cancellationToken)} values are sealed anew with key {cipher.WritingKeyId}. Histories keep what they have until they end.");
        return 0;
    }

    private static async Task<int> RetireAsync(Place place, CancellationToken cancellationToken)
    {
        place.RequireFile();
        if (place.IsCluster)
            throw new ConfigurationException("Histories lie on a cluster, where this command cannot look: take keys out of the file by hand, when no history from their time is left.");
        var cipher = await place.ReadKeysAsync(cancellationToken);
        var uses = await UsesAsync(place, cipher, cancellationToken);
        var needless = cipher.KeyIds.Skip(1).Where(id => uses.GetValueOrDefault(id) is { Values: 0, Payloads: 0 }).ToHashSet(StringComparer.Ordinal);
        if (needless.Count > 0)
        {
            var kept = StorageKeys.Parse(SecretFile.Read(place.Keys.File, "the storage key").Text, place.Keys.File).Where(k => !needless.Contains(new PayloadCipher(k).WritingKeyId));
            SecretFile.Write(place.Keys.File, string.Concat(kept.Select(k => Convert.ToHexStringLower(k) + "\n")), overwrite: true);
        }

        Console.WriteLine(needless.Count == 0 ? "No key can go: each but the first is still needed, or there is only one." : $"Gone from {place.Keys.File}: {string.Join(", ", needless)}. Restart the service.");
        return 0;
    }

    private static async Task<Dictionary<string, (long Values, long Payloads)>> UsesAsync(Place place, PayloadCipher cipher, CancellationToken cancellationToken)
    {
        var uses = new Dictionary<string, (long Values, long Payloads)>(StringComparer.Ordinal);
        if (File.Exists(place.Database))
        {
            using var database = await place.OpenAsync(cancellationToken);
            foreach (var use in await new SealedRows(database, cipher).ListAsync(cancellationToken))
                uses[use.KeyId ?? ""] = (use.Values, 0);
        }

        if (StoredApp.KeyIdIn(place.DataDirectory) is { } sealing)
            uses[sealing] = (uses.GetValueOrDefault(sealing).Values + 1, 0);
        foreach (var id in cipher.KeyIds)
            uses[id] = (uses.GetValueOrDefault(id).Values, TemporalDatabase.CountHolding(place.Histories, SealedPayloads.TraceOf(id)));
        return uses;
    }

    /// <summary>Where the keys come from and what they seal: all that these commands need of the configuration.</summary>
    /// <param name="Keys">The source.</param>
    /// <param name="DataDirectory">The data folder.</param>
    /// <param name="IsCluster">Whether histories lie elsewhere.</param>
    internal sealed record Place(StorageKeySettings Keys, string DataDirectory, bool IsCluster)
    {
        public RecordKeySettings Records { get; private init; } = new(new Dictionary<RecordRole, RecordKeySettings.Place>());

        public string Database => Path.Combine(DataDirectory, "bot.db");

        public string Histories => Path.Combine(DataDirectory, "temporal.db");

        public static Place Read(IConfiguration configuration)
        {
            var data = Path.GetFullPath(HostSettingsReader.Optional(configuration, "DataDirectory") ?? "data");
            return new Place(StorageKeySettings.Read(configuration, data), data, HostSettingsReader.Optional(configuration, "Temporal:Address") is not null)
            {
                Records = RecordKeySettings.Read(configuration, data),
            };
        }

        /// <summary>The keys; unlike the service, this makes none.</summary>
        public async Task<PayloadCipher> ReadKeysAsync(CancellationToken cancellationToken) =>
            (await StorageKeyring.ReadAsync(Keys with { IsDefaultFile = false }, cancellationToken)).Cipher;

        public Task<SqliteDatabase> OpenAsync(CancellationToken cancellationToken) => File.Exists(Database) ? SqliteDatabase.OpenAsync(Database, cancellationToken)
            : throw new ConfigurationException($"There is no {Database}; name the service's data folder with --data.");

        public void RequireFile()
        {
            if (Keys.Text is not null || Keys.Command is not null)
                throw new ConfigurationException($"The storage keys come from {Keys.Source}: change them there, the key that seals first.");
        }
    }
}
