using CodingAgent.BotHost.Configuration;
using CodingAgent.Storage;
using CodingAgent.Workflows.Tasks;

namespace CodingAgent.BotHost.Keys;

/// <summary>The keys of signed records that this process has: private ones of its own roles, public ones of those it must believe.</summary>
/// <param name="Keys">The keys.</param>
/// <param name="Notes">What a person should know of where they came from.</param>
/// <param name="Secrets">Private keys as text, for masking.</param>
internal sealed record RecordKeyring(RecordKeys Keys, IReadOnlyList<string> Notes, IReadOnlyList<string> Secrets)
{
    /// <summary>Reads what a process of this configuration needs. A default file of an own role is made when it is not there.</summary>
    /// <exception cref="StorageException">A file cannot be used.</exception>
    /// <exception cref="ConfigurationException">An applier does not know whom to believe.</exception>
    public static RecordKeyring Read(HostSettings settings)
    {
        var (keys, notes, secrets) = (new RecordKeys(), new List<string>(), new List<string>());
        foreach (var (role, place) in settings.RecordKeys.Roles)
        {
            var signs = role == RecordRole.Control ? settings.IsWeb : settings.IsWorker;
            var setting = $"Records:{role}:PublicKeys";
            if (place.PublicKeys is { } text)
                keys.AddTrusted(role, StorageKeys.Parse(text, setting));
            if (!signs && (!settings.IsApplier || place.PublicKeys is not null))
                continue;
            if (!signs && !File.Exists(place.File))
            {
                throw new ConfigurationException(
                    $"The applier does not know whom to believe as {role}: {place.File} is not there. Start the process of that role first if it shares this data folder, or set {setting} to what 'codingagent keys records' prints where its key lies.");
            }

            var what = $"the key that signs as {role}";
            var (seeds, note) = signs && place.IsDefaultFile ? SecretFile.ReadOrCreate(place.File, what) : SecretFile.Read(place.File, what);
            var read = StorageKeys.Parse(seeds, place.File);
            keys.Add(role, read, signs);
            secrets.AddRange(read.SelectMany(k => (string[])[Convert.ToHexStringLower(k), Convert.ToHexString(k)]));
            if (note is not null)
                notes.Add(note);
        }

        return new RecordKeyring(keys, notes, secrets);
    }
}
