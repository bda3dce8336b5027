using CodingAgent.BotHost.Api;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Components;

namespace CodingAgent.BotHost.Pages.SignIn;

/// <summary>Takes an API key for a session.</summary>
/// <param name="access">Whose keys are whose.</param>
public sealed partial class SignInPage(ApiAccess access)
{
    private bool _isRefused;

    /// <summary>The page that was asked for.</summary>
    [SupplyParameterFromQuery(Name = "next")]
    public string? Next { get; set; }

    /// <summary>What was typed.</summary>
    [SupplyParameterFromForm(FormName = "sign-in")]
    public string? Key { get; set; }

    /// <summary>The request.</summary>
    [CascadingParameter]
    public HttpContext Http { get; set; } = null!;

    private async Task SignInAsync()
    {
        if (await access.JudgeAsync(Key?.Trim() ?? "", Http.Connection.RemoteIpAddress, Http.RequestAborted) is not { } caller)
        {
            // Counted with all that strangers are refused.
            (_isRefused, Http.Response.StatusCode) = (true, StatusCodes.Status401Unauthorized);
            return;
        }

        await Http.SignInAsync(Session.Scheme, Session.PrincipalOf(caller));
        Http.Response.Redirect(Session.Next(Next));
    }
}
