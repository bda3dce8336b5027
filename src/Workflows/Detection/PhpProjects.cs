using System.Text.Json;

namespace CodingAgent.Workflows.Detection;

/// <summary>PHP: composer with PHPUnit or Pest.</summary>
internal static class PhpProjects
{
    public static void Detect(DetectionBuilder found)
    {
        var roots = new List<string>();
        foreach (var folder in found.View.Named("composer.json").Select(Paths.Folder))
        {
            if (!roots.Exists(r => r == folder || Paths.IsBelow(folder, r)))
                roots.Add(folder);
        }

        foreach (var folder in roots.Take(4))
            Project(found, folder);
    }

    private static void Project(DetectionBuilder found, string folder)
    {
        var view = found.View;
        var path = Paths.Join(folder, "composer.json");
        var manifest = view.Json(path);
        var packages = manifest.Object("require-dev").Names().Concat(manifest.Object("require").Names()).ToArray();
        var hasScript = manifest.Object("scripts").Names().Contains("test", StringComparer.Ordinal);
        var run = found.CiFor(folder, CheckKind.Test, "vendor/bin/phpunit", "vendor/bin/pest", "composer").FirstOrDefault()?.Line
            ?? (packages.Contains("pestphp/pest", StringComparer.Ordinal) ? "vendor/bin/pest"
            : packages.Contains("phpunit/phpunit", StringComparer.Ordinal) ? "vendor/bin/phpunit"
            : packages.Contains("symfony/phpunit-bridge", StringComparer.Ordinal) ? "vendor/bin/simple-phpunit"
            : hasScript ? "composer test" : null);
        if (manifest is not { ValueKind: JsonValueKind.Object } || !found.HasTool("php", path) || !found.HasTool("composer", path))
            return;
        if (run is null)
        {
            found.Note($"`{path}` names no test runner.");
            return;
        }

        found.Ecosystems.Add("php");
        found.Setup(new SetupStep(
            "composer install", folder, Shell.In(folder, "composer install --no-interaction --no-progress --prefer-dist"), "php",
            Shell.In(folder, "composer update --lock --no-interaction --no-progress --prefer-dist && composer install --no-interaction --no-progress --prefer-dist"))
        {
            Registries = "php",
        });
        found.Check("php", folder, Shell.In(folder, run), CheckKind.Test);
    }
}
