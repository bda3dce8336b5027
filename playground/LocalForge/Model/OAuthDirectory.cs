using System.Security.Cryptography;
using System.Text;

namespace CodingAgent.Playground.LocalForge.Model;

/// <summary>All applications, codes and tokens. Callers hold the gate.</summary>
internal sealed class OAuthDirectory(Func<DateTimeOffset> now)
{
    private static readonly TimeSpan CodeLife = TimeSpan.FromMinutes(10);
    private readonly Dictionary<string, OAuthCode> _codes = new(StringComparer.Ordinal);
    private readonly Dictionary<string, OAuthGrant> _grants = new(StringComparer.Ordinal);

    public List<OAuthApplication> Applications { get; } = [];

    public OAuthApplication? Find(string clientId, bool isGitLab) => Applications.Find(a => a.ClientId == clientId && a.IsGitLab == isGitLab);

    public string NewCode(OAuthApplication application, Account account, string redirectUri, string? challenge, string scope)
    {
        var code = RandomNumberGenerator.GetHexString(application.IsGitLab ? 64 : 20, lowercase: true);
        _codes[code] = new OAuthCode(application, account, redirectUri, challenge, scope, now() + CodeLife);
        return code;
    }

    /// <summary>Takes a code, which works once; null when it is none, over, or another application's.</summary>
    public OAuthCode? Take(string code, OAuthApplication application) =>
        _codes.Remove(code, out var taken) && taken.Application == application && taken.Ends > now() ? taken : null;

    public string NewToken(OAuthCode code, string prefix, TimeSpan life)
    {
        var token = prefix + RandomNumberGenerator.GetHexString(40, lowercase: true);
        _grants[KeyOf(token)] = new OAuthGrant(code.Account, code.Application.IsGitLab, code.Scope, now() + life);
        return token;
    }

    public OAuthGrant? FindGrant(string token, bool isGitLab) =>
        _grants.GetValueOrDefault(KeyOf(token)) is { } grant && grant.IsGitLab == isGitLab && grant.Ends > now() ? grant : null;

    /// <summary>Whether a verifier is the one whose digest was shown at first (RFC 7636, S256); where none was, none may come.</summary>
    public static bool Verifies(OAuthCode code, string verifier) => code.Challenge is { } challenge
        ? challenge == Convert.ToBase64String(SHA256.HashData(Encoding.ASCII.GetBytes(verifier))).TrimEnd('=').Replace('+', '-').Replace('/', '_')
        : verifier.Length == 0;

    private static string KeyOf(string token) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)));
}

/// <summary>A program by which people sign in elsewhere with their account here.</summary>
/// <param name="ClientId">Its id.</param>
/// <param name="Name">What it is called.</param>
/// <param name="Secret">What it shows that it is itself with.</param>
/// <param name="Callbacks">Where people may be sent back to.</param>
/// <param name="IsGitLab">Of which face it is.</param>
internal sealed record OAuthApplication(string ClientId, string Name, string Secret, IReadOnlyList<string> Callbacks, bool IsGitLab);

/// <summary>What somebody agreed to, until the application takes it.</summary>
/// <param name="Application">With whom.</param>
/// <param name="Account">Who.</param>
/// <param name="RedirectUri">Where they were sent.</param>
/// <param name="Challenge">What the verifier's digest must be; null where there was none.</param>
/// <param name="Scope">To what.</param>
/// <param name="Ends">When it is over.</param>
internal sealed record OAuthCode(OAuthApplication Application, Account Account, string RedirectUri, string? Challenge, string Scope, DateTimeOffset Ends);

/// <summary>What a token of a person, given to an application, allows: to ask who they are.</summary>
/// <param name="Account">Who.</param>
/// <param name="IsGitLab">On which face.</param>
/// <param name="Scope">What for.</param>
/// <param name="Ends">When it is over.</param>
internal sealed record OAuthGrant(Account Account, bool IsGitLab, string Scope, DateTimeOffset Ends);
