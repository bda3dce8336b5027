using System.Xml.Linq;
using CodingAgent.Storage;
using Microsoft.AspNetCore.DataProtection.Repositories;

namespace CodingAgent.BotHost.Pages.SignIn;

/// <summary>The framework's key ring for cookies and forms, in our store.</summary>
/// <param name="keys">The store.</param>
internal sealed class SessionKeyring(SessionKeys keys) : IXmlRepository
{
    /// <inheritdoc/>
    public IReadOnlyCollection<XElement> GetAllElements() => [.. keys.List().Select(XElement.Parse)];

    /// <inheritdoc/>
    public void StoreElement(XElement element, string friendlyName) =>
        // Asked from within the framework, which does not wait; once in three months.
        keys.PutAsync(friendlyName, element.ToString(SaveOptions.DisableFormatting), CancellationToken.None).GetAwaiter().GetResult();
}
