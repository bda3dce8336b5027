namespace CodingAgent.BotHost.Pages.SignIn;

/// <summary>Why nobody was signed in.</summary>
internal enum SignInRefusal
{
    /// <summary>The person said no.</summary>
    Denied,

    /// <summary>It did not begin here, is over, or was done before.</summary>
    State,

    /// <summary>The forge does not take the code that it gave, or that somebody made up.</summary>
    Code,

    /// <summary>The forge does not take this service's word for who it is, or where people are sent back to.</summary>
    Application,

    /// <summary>The forge wants something of the person first.</summary>
    Email,

    /// <summary>The forge cannot be asked.</summary>
    Away,

    /// <summary>What the forge answered says nothing.</summary>
    Answer,

    /// <summary>Whoever it is, it is no person's account.</summary>
    Account,
}
