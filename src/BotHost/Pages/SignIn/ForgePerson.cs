using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodingAgent.BotHost.Pages.Parts;
using CodingAgent.Forges;

namespace CodingAgent.BotHost.Pages.SignIn;

/// <summary>A person who signed in with their account on a forge. The account's number says who it is: logins change hands.</summary>
/// <param name="Forge">The forge.</param>
/// <param name="Account">The account.</param>
/// <param name="Since">When they signed in.</param>
internal sealed partial record ForgePerson(ForgeKind Forge, Actor Account, DateTimeOffset Since)
{
    private const string AccountClaim = "account";
    private const string SinceClaim = "since";

    /// <summary>Who is signed in; null for a key's holder.</summary>
    public static ForgePerson? Of(ClaimsPrincipal who) =>
        Enum.TryParse<ForgeKind>(who.FindFirstValue(Site.ForgeClaim), out var forge) && who.Identity?.Name is { } login
        && Number(who.FindFirstValue(AccountClaim)) is { } id && Number(who.FindFirstValue(SinceClaim)) is { } since
            ? new ForgePerson(forge, new Actor(login, id, ActorKind.User), DateTimeOffset.FromUnixTimeSeconds(since)) : null;

    /// <summary>Who a forge says that somebody is.</summary>
    /// <param name="forge">The forge.</param>
    /// <param name="user">Its answer: what GitHub and GitLab have for <c>/user</c>.</param>
    /// <param name="now">Now.</param>
    /// <exception cref="SignInRefusedException">Nobody who could sign in.</exception>
    public static ForgePerson Read(ForgeKind forge, JsonElement user, DateTimeOffset now)
    {
        if (user.ValueKind != JsonValueKind.Object || !user.TryGetProperty("id", out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out var id) || id <= 0
            || !user.TryGetProperty(forge == ForgeKind.GitHub ? "login" : "username", out var name) || name.ValueKind != JsonValueKind.String)
        {
            throw new SignInRefusedException(SignInRefusal.Answer);
        }

        // It signs what they say here. A machine's name has other characters, and so has the name of an API key's holder.
        var login = name.GetString()!;
        var isPerson = forge == ForgeKind.GitHub
            ? !user.TryGetProperty("type", out var type) || type.ValueEquals("User")
            : !(user.TryGetProperty("bot", out var bot) && bot.ValueKind == JsonValueKind.True) && (!user.TryGetProperty("state", out var state) || state.ValueEquals("active"));
        return isPerson && Login().IsMatch(login) ? new ForgePerson(forge, new Actor(login, id, ActorKind.User), now) : throw new SignInRefusedException(SignInRefusal.Account);
    }

    /// <summary>The session's claims. No role is among them, so that what asks for one is closed.</summary>
    public ClaimsPrincipal ToPrincipal() => new(new ClaimsIdentity(
        [
            new Claim(ClaimTypes.Name, Account.Login), new Claim(Site.ForgeClaim, Forge.ToString()),
            new Claim(AccountClaim, Account.Id.ToString(CultureInfo.InvariantCulture)), new Claim(SinceClaim, Since.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)),
        ],
        Session.Scheme));

    private static long? Number(string? text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    // Of GitHub letters, digits and hyphens, and an underscore in enterprises; of GitLab also dots.
    [GeneratedRegex(@"\A[A-Za-z0-9_](?:[A-Za-z0-9_.-]{0,253}[A-Za-z0-9_-])?\z", RegexOptions.NonBacktracking)]
    private static partial Regex Login();
}
