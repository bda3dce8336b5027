namespace CodingAgent.Workflows.Detection;

/// <summary>Go: every module of the repository, or the modules of its workspace.</summary>
internal static class GoModules
{
    private const int MostModules = 8;

    public static void Detect(DetectionBuilder found)
    {
        var view = found.View;
        var modules = view.Named("go.mod").Select(Paths.Folder).ToArray();
        if (modules.Length == 0 || !found.HasTool("go", Paths.Join(modules[0], "go.mod")))
            return;
        found.Ecosystems.Add("go");
        if (modules.Length > MostModules)
            found.Note($"Of {modules.Length} Go modules I look at the first {MostModules}.");
        foreach (var folder in modules.Take(MostModules))
            Module(found, folder, modules);
    }

    private static void Module(DetectionBuilder found, string folder, string[] modules)
    {
        var view = found.View;
        var own = view.Below(folder).Where(p => modules.Where(m => Paths.IsBelow(p, m)).MaxBy(m => m.Length) == folder).ToArray();
        if (!own.Any(p => p.EndsWith(".go", StringComparison.Ordinal)))
            return;
        // A vendored module has its packages in the tree; one without go.sum has none.
        if (!view.Has(Paths.Join(folder, "vendor/modules.txt")) && view.Text(Paths.Join(folder, "go.mod")).Contains("require", StringComparison.Ordinal))
        {
            found.Setup(new SetupStep(
                "go mod download", folder, Shell.In(folder, "go mod download"), "go", Shell.In(folder, "go mod tidy"))
            {
                Registries = "go",
            });
        }

        var kind = own.Any(p => p.EndsWith("_test.go", StringComparison.Ordinal)) ? CheckKind.Test : CheckKind.Build;
        // The race detector and coverage want a C compiler or files of CI's.
        var run = kind == CheckKind.Test && found.CiFor(folder, CheckKind.Test, "go").FirstOrDefault(c => c.Line.Contains("./...", StringComparison.Ordinal) && !c.Line.Contains("-race", StringComparison.Ordinal)
            && !c.Line.Contains("-cover", StringComparison.Ordinal)) is { } ci ? ci.Line : kind == CheckKind.Test ? "go test ./..." : "go build ./...";
        found.Check("go", folder, Shell.In(folder, run), kind, kind == CheckKind.Test ? new TestTargets(TargetStyle.GoPackages, folder, "go test {}", []) : null);
        if (found.CiFor(folder, CheckKind.Lint, "go").FirstOrDefault() is { } vet)
            found.Check("go", folder, Shell.In(folder, vet.Line), CheckKind.Lint, optional: true);
    }
}
