using System.Text.Json.Nodes;
using CodingAgent.Playground.LocalForge.Api;
using CodingAgent.Playground.LocalForge.Model;

namespace CodingAgent.Playground.LocalForge;

/// <content>Apps and where they are installed.</content>
internal sealed partial class Actions
{
    /// <summary>Installs an app on an account, or changes for which of its repositories it is; null for all.</summary>
    public AppInstallation Install(AppRegistration app, Account account, IEnumerable<Repo>? selected)
    {
        var installation = app.Installations.Find(i => i.Account == account);
        var isNew = installation is null;
        if (installation is null)
            app.Installations.Add(installation = new AppInstallation(world.NextId(), app, account, world.Now));
        installation.Selected = selected?.Select(r => r.Id).ToHashSet();
        if (isNew)
            TellInstallation(installation, "created");
        return installation;
    }

    public void TellInstallation(AppInstallation installation, string action) => hooks.Emit("installation", new JsonObject
    {
        ["action"] = action,
        ["installation"] = new AppApi(world, shapes, hooks).Shape(installation),
        ["sender"] = shapes.Account(installation.Account),
    });
}
