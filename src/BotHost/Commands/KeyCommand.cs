using System.CommandLine;
using System.Globalization;
using CodingAgent.BotHost.Configuration;
using CodingAgent.BotHost.Keys;
using CodingAgent.Mcp.Files;
using CodingAgent.Storage;

namespace CodingAgent.BotHost.Commands;

/// <summary><c>codingagent key create|list|revoke</c>: the keys of the REST API, in the database of the data folder; the service may run.</summary>
internal static class KeyCommand
{
    public static Command Create()
    {
        var command = new Command("key", "The keys of the REST API: makes, lists and revokes them. (Those that seal data are 'keys'.)");
        var name = new Argument<string>("name") { Description = "Who or what holds it, e.g. release-pipeline." };

        // By name only: the parser of enums would also take numbers.
        var role = new Option<string>("--role") { Description = "viewer (sees tasks and metrics), operator (starts and steers them too) or admin (opens sealed payloads too).", Required = true };
        role.AcceptOnlyFromAmong([.. Enum.GetNames<ApiRole>().Select(r => r.ToLowerInvariant())]);
        var expires = new Option<string?>("--expires") { Description = "After how long it ends, e.g. 90d or 12h; never without this." };
        var create = new Command("create", "Makes a key and prints it, once: on standard output, alone.") { name, role, expires };
        Run(create, true, (keys, parsed, folder, ct) => CreateAsync(keys, folder, parsed.GetValue(name)!, Enum.Parse<ApiRole>(parsed.GetValue(role)!, ignoreCase: true), parsed.GetValue(expires), ct));
        command.Add(create);

        var list = new Command("list", "Who has a key of which role, since when, and when it was last used.");
        Run(list, false, (keys, _, _, ct) => ListAsync(keys, ct));
        command.Add(list);

        var revoke = new Command("revoke", "Refuses a key from the next request on.") { name };
        Run(revoke, false, (keys, parsed, _, ct) => RevokeAsync(keys, parsed.GetValue(name)!, ct));
        command.Add(revoke);
        return command;
    }

    private static void Run(Command verb, bool makes, Func<ApiKeys, ParseResult, string, CancellationToken, Task<int>> run)
    {
        var options = new ServiceOptions(verb);
        verb.SetAction(async (parsed, ct) =>
        {
            try
            {
                PrivateFiles.RestrictNewFiles();
                var folder = Path.GetFullPath(HostSettingsReader.Optional(options.NewBuilder(parsed).Configuration, "DataDirectory") ?? "data");
                var file = Path.Combine(folder, "bot.db");
                // A key may be made before the service's first start: its database is made here then, as it would make it.
                if (makes)
                    DataFolder.Prepare(folder);
                else
                    DataFolder.RequireOwn(folder);
                if (!makes && !File.Exists(file))
                    throw new ConfigurationException($"There is no {file}; name the service's data folder with --data.");
                using var database = await SqliteDatabase.OpenAsync(file, ct);
                return await run(new ApiKeys(database, TimeProvider.System), parsed, folder, ct);
            }
            catch (Exception e) when (e is ConfigurationException or StorageException or IOException or UnauthorizedAccessException or InvalidDataException)
            {
                return Fail(e.Message.ReplaceLineEndings(" "));
            }
        });
    }

    private static async Task<int> CreateAsync(ApiKeys keys, string folder, string name, ApiRole role, string? expires, CancellationToken cancellationToken)
    {
        if (!ApiKeys.IsName(name))
            return Fail(ApiKeys.NameRule);
        var end = expires is null ? (DateTimeOffset?)null : TimeProvider.System.GetUtcNow() + Quantities.Duration("--expires", expires);
        if (await keys.CreateAsync(name, role, end, cancellationToken) is not { } key)
            return Fail($"There is, or was, a key named {name}: choose another name, so that what each did can be told apart.");
        await Console.Error.WriteLineAsync($"Key {name} ({role.ToString().ToLowerInvariant()}){(end is { } until ? $", until {Time(until)}" : "")} for the service in {folder}. It is shown this once:");
        Console.WriteLine(key);
        return 0;
    }

    private static async Task<int> ListAsync(ApiKeys keys, CancellationToken cancellationToken)
    {
        var all = await keys.ListAsync(cancellationToken);
        var now = TimeProvider.System.GetUtcNow();
        foreach (var key in all)
        {
            var state = key.RevokedAt is { } revoked ? $"revoked {Time(revoked)}" : key.ExpiresAt is { } end ? end <= now ? $"expired {Time(end)}" : $"until {Time(end)}" : "for good";
            Console.WriteLine($"{key.Name}: {key.Role.ToString().ToLowerInvariant()}, made {Time(key.CreatedAt)}, {state}, {(key.UsedAt is { } used ? $"last used {Time(used)}" : "never used")}");
        }

        if (all.Count == 0)
            await Console.Error.WriteLineAsync("There is no key. 'codingagent key create NAME --role operator' makes one.");
        return 0;
    }

    private static async Task<int> RevokeAsync(ApiKeys keys, string name, CancellationToken cancellationToken)
    {
        if (await keys.RevokeAsync(name, cancellationToken) is not { } before)
            return Fail($"There is no key named '{string.Concat(name.Select(c => char.IsControl(c) ? ' ' : c))}'; 'codingagent key list' shows them.");
        Console.WriteLine(before.RevokedAt is { } since ? $"Key {before.Name} was revoked before, {Time(since)}." : $"Key {before.Name} is refused from now on.");
        return 0;
    }

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm'Z'", CultureInfo.InvariantCulture);

    private static int Fail(string line)
    {
        Console.Error.WriteLine($"codingagent: {line}");
        return 2;
    }
}
