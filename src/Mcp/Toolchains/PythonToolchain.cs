using CodingAgent.Mcp.Sandboxes;

namespace CodingAgent.Mcp.Toolchains;

/// <summary>
/// Python in all the versions there are. pyenv's programs are shell scripts that look into its folder, so its versions themselves are shown;
/// tools that were installed beside them (uv, poetry) are shown one by one.
/// </summary>
internal static class PythonToolchain
{
    public static SandboxToolchain? Find(HostView host)
    {
        var roots = Versions(host);
        var system = new[] { "/usr/local/bin/python3", "/usr/bin/python3" }.FirstOrDefault(host.IsFile);
        if (roots.Count == 0 && system is null)
            return null;
        // What the service's PATH means by "python3" comes first; a version manager's script means its chosen version.
        var usesManager = roots.Count > 0 && (system is null || host.Which("python3") is { } found && !HostView.IsSystem(found));
        var binds = new List<SandboxBind>();
        var path = new List<string> { $"{HostToolchains.Home}/venv/bin", $"{HostToolchains.Home}/.local/bin" };
        if (!usesManager)
            path.Add(Path.GetDirectoryName(system)!);
        // One mount where a version manager's folder holds nothing else.
        foreach (var folder in roots.GroupBy(r => Path.GetDirectoryName(r)!, StringComparer.Ordinal))
            binds.AddRange(folder.Count() > 1 && host.FoldersIn(folder.Key).Count == folder.Count() && host.FilesIn(folder.Key).Count == 0 ? HostToolchains.Bind(host, folder.Key) : folder.SelectMany(r => HostToolchains.Bind(host, r)));
        path.AddRange(roots.Select(r => $"{r}/bin"));

        var systemVersion = system is null ? null : host.VersionOf(system);
        var versions = roots.Select(r => HostView.Number(Path.GetFileName(r)).ToString()).ToList();
        if (systemVersion is not null)
            versions.Insert(usesManager ? versions.Count : 0, systemVersion);
        var programs = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal) { ["python3"] = [.. versions.Distinct(StringComparer.Ordinal)] };
        foreach (var tool in new[] { "uv", "uvx", "poetry", "pdm", "pipenv", "hatch", "tox", "nox" })
            Tool(host, tool, binds, programs);
        path.Add(HostToolchains.Tools);
        return new SandboxToolchain("python", binds, Environment, path)
        {
            OfflineEnvironment = new Dictionary<string, string>(StringComparer.Ordinal) { ["PIP_NO_INDEX"] = "1", ["UV_OFFLINE"] = "1" },
            Programs = programs,
        };
    }

    private static Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal)
    {
        ["PIP_DISABLE_PIP_VERSION_CHECK"] = "1",
        ["PIP_NO_INPUT"] = "1",
        ["PIP_ROOT_USER_ACTION"] = "ignore",
        // Compiled files are judged by time and size of their source, which another tree over the same layer may share; and they are no change.
        ["PYTHONDONTWRITEBYTECODE"] = "1",
        ["UV_PYTHON_DOWNLOADS"] = "never",
        ["UV_LINK_MODE"] = "copy",
        ["POETRY_NO_INTERACTION"] = "1",
        ["PIPENV_VERBOSITY"] = "-1",
    };

    // The chosen version first, then the newest.
    private static List<string> Versions(HostView host)
    {
        var pyenv = host.Variable("PYENV_ROOT") ?? $"{host.Home}/.pyenv";
        var chosen = host.Text($"{pyenv}/version").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault();
        string[] installs =
        [
            $"{pyenv}/versions", $"{host.Home}/.local/share/uv/python", $"{host.Home}/.asdf/installs/python", $"{host.Home}/.local/share/mise/installs/python",
        ];
        return
        [
            .. installs.SelectMany(host.FoldersIn)
                // Virtual environments lie among the versions, and lead to other folders; Python 2 is nobody's python3.
                .Where(f => host.IsFile($"{f}/bin/python3") && !host.IsFile($"{f}/pyvenv.cfg") && HostView.Number(Path.GetFileName(f)).Major == 3 && host.MayShow(f))
                .OrderByDescending(f => chosen is not null && Path.GetFileName(f) == chosen)
                .ThenByDescending(f => chosen is not null && Path.GetFileName(f)!.StartsWith(chosen + ".", StringComparison.Ordinal))
                .ThenByDescending(f => HostView.Number(Path.GetFileName(f))),
        ];
    }

    private static void Tool(HostView host, string name, List<SandboxBind> binds, Dictionary<string, IReadOnlyList<string>> programs)
    {
        var found = new[] { host.Which(name), $"{host.Home}/.local/bin/{name}", $"{host.Home}/.cargo/bin/{name}" }.OfType<string>().FirstOrDefault(p => host.IsFile(p) && !p.Contains("/shims/", StringComparison.Ordinal));
        if (found is null)
            return;
        var real = host.Real(found);
        if (!HostView.IsSystem(real))
        {
            // pipx and poetry put each tool into an environment of its own, whose interpreter the tool's first line names.
            var environment = Path.GetDirectoryName(Path.GetDirectoryName(real))!;
            if (host.IsFile($"{environment}/pyvenv.cfg"))
                binds.AddRange(HostToolchains.Bind(host, environment));
            else if (host.Text(real).StartsWith("#!", StringComparison.Ordinal))
                return;
            binds.Add(new SandboxBind(real, $"{HostToolchains.Tools}/{name}"));
        }

        programs[name] = host.VersionOf(real) is { } version ? [version] : [];
    }
}
