namespace CodingAgent.BotHost.Pages.SignIn;

/// <summary>What a forge said of a person cannot sign anybody in.</summary>
/// <param name="why">Why.</param>
internal sealed class SignInRefusedException(SignInRefusal why) : Exception(why.ToString())
{
    /// <summary>Why.</summary>
    public SignInRefusal Why { get; } = why;
}
