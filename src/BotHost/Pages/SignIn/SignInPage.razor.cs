using CodingAgent.BotHost.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components;

namespace CodingAgent.BotHost.Pages.SignIn;

/// <summary>Takes an API key for a session, leads to the forges that have people sign in here, and says what came of it.</summary>
/// <param name="access">Whose keys are whose.</param>
/// <param name="forges">The forges.</param>
public sealed partial class SignInPage(ApiAccess access, ForgeSignIn forges)
{
    private string? _problem;

    /// <summary>The page that was asked for.</summary>
    [SupplyParameterFromQuery(Name = "next")]
    public string? Next { get; set; }

    /// <summary>Why a forge signed nobody in: a <see cref="SignInRefusal"/>.</summary>
    [SupplyParameterFromQuery(Name = "refused")]
    public string? Refused { get; set; }

    /// <summary>Which forge.</summary>
    [SupplyParameterFromQuery(Name = "by")]
    public string? By { get; set; }

    /// <summary>What was typed.</summary>
    [SupplyParameterFromForm(FormName = "sign-in")]
    public string? Key { get; set; }

    /// <summary>The request.</summary>
    [CascadingParameter]
    public HttpContext Http { get; set; } = null!;

    /// <inheritdoc/>
    protected override void OnInitialized()
    {
        // What was typed has its own answer.
        if (!HttpMethods.IsGet(Http.Request.Method) || forges.Forges.FirstOrDefault(f => $"{f.Kind}" == By)?.Name is not { } forge || Array.Find(Enum.GetNames<SignInRefusal>(), n => n == Refused) is not { } name)
            return;
        (_problem, Http.Response.StatusCode) = Enum.Parse<SignInRefusal>(name) switch
        {
            SignInRefusal.Denied => ($"{forge} was not allowed to say who you are. Sign in again and authorize it, or use a key.", StatusCodes.Status403Forbidden),
            SignInRefusal.State => ("This sign-in did not begin in this browser, was used before, or took longer than ten minutes. Begin again.", StatusCodes.Status400BadRequest),
            SignInRefusal.Code => ($"{forge} does not take the code that came back: it was used before, or is too old. Begin again.", StatusCodes.Status400BadRequest),
            SignInRefusal.Application => ($"{forge} does not accept how this service is set up there. Tell who runs it: the log says what to check.", StatusCodes.Status502BadGateway),
            SignInRefusal.Email => ($"{forge} wants the e-mail address of your account to be verified first. Do that there, and begin again.", StatusCodes.Status403Forbidden),
            SignInRefusal.Away => ($"{forge} cannot be asked who you are just now. Try again in a moment, or use a key.", StatusCodes.Status503ServiceUnavailable),
            SignInRefusal.Answer => ($"{forge} answered with something that does not say who you are. Try again in a moment, or use a key.", StatusCodes.Status502BadGateway),
            _ => ($"That account of {forge} is no person's. Sign in with one that is, or use a key.", StatusCodes.Status403Forbidden),
        };
    }

    private async Task SignInAsync()
    {
        if (await access.JudgeAsync(Key?.Trim() ?? "", Http.Connection.RemoteIpAddress, Http.RequestAborted) is not { } caller)
        {
            // Counted with all that strangers are refused.
            (_problem, Http.Response.StatusCode) = ("That is no key of this service, or it was revoked or has expired.", StatusCodes.Status401Unauthorized);
            return;
        }

        await Http.SignInAsync(Session.Scheme, Session.PrincipalOf(caller));
        Http.Response.Redirect(Session.Next(Next));
    }
}
