namespace CodingAgent.Workflows.Detection;

/// <summary>
/// Java and its kin: Maven and Gradle. Neither can fetch all that its tests need by a goal of its own (Maven's <c>dependency:go-offline</c>
/// leaves out what surefire loads for the tests' framework: apache/maven-surefire 3248; a filter that no test fits ends before that), so
/// set-up goes the way of the check itself, red tests and all.
/// </summary>
internal static class JvmProjects
{
    public static void Detect(DetectionBuilder found)
    {
        foreach (var folder in Roots(found.View.Named("pom.xml")))
            Maven(found, folder);
        foreach (var folder in Roots(found.View.Named("settings.gradle", "settings.gradle.kts", "build.gradle", "build.gradle.kts")))
            Gradle(found, folder);
    }

    private static string[] Roots(IReadOnlyList<string> manifests)
    {
        var roots = new List<string>();
        foreach (var folder in manifests.Select(Paths.Folder))
        {
            if (!roots.Exists(r => r == folder || Paths.IsBelow(folder, r)))
                roots.Add(folder);
        }

        return [.. roots.Take(4)];
    }

    private static void Maven(DetectionBuilder found, string folder)
    {
        var view = found.View;
        var wrapper = view.FirstIn(folder, "mvnw") is not null && view.FirstIn(folder, ".mvn/wrapper/maven-wrapper.properties") is not null;
        var manifest = Paths.Join(folder, "pom.xml");
        if (!found.HasTool("java", manifest) || (!wrapper && !found.HasTool("mvn", manifest)))
            return;
        found.Ecosystems.Add("jvm");
        // The host's Maven where there is one: the wrapper's must be fetched, and needs programs that not every machine has.
        var mvn = wrapper && (found.Tools == ToolchainNames.Unknown || !found.Tools.MayHave("mvn")) ? "sh ./mvnw" : "mvn";
        // What was compiled goes: Maven judges by time, and a tree that is older than the layer would never be compiled again. Not by Maven's own
        // clean, whose plugin not every registry has; nor does what find says of folders that vanish before it count.
        found.Setup(new SetupStep(
            "maven packages", folder, Shell.In(folder, $"{mvn} -B -ntp -Dmaven.test.failure.ignore=true test && find . -name pom.xml | while read -r pom; do rm -rf \"${{pom%/*}}/target\"; done"), "maven", null)
        {
            Registries = "maven",
        });

        var units = view.Below(folder).Where(p => Paths.Name(p) == "pom.xml" && Paths.Folder(p) != folder && !RepositoryView.IsForeign(p))
            .Select(p => new TestUnit(Paths.Folder(p), [Paths.Relative(Paths.Folder(p), folder)])).ToArray();
        found.Check(
            "maven", folder, Shell.In(folder, $"{mvn} -B -o test"), CheckKind.Test,
            units.Length > 1 ? new TestTargets(TargetStyle.UnitsByComma, folder, $"{mvn} -B -o -pl {{}} -am test", units) : null);
    }

    private static void Gradle(DetectionBuilder found, string folder)
    {
        var view = found.View;
        if (found.HasTestsIn(folder) && found.View.Has(Paths.Join(folder, "pom.xml")))
        {
            found.Note("Maven and Gradle stand beside each other; I use Maven.");
            return;
        }

        var manifest = view.FirstIn(folder, "settings.gradle", "settings.gradle.kts", "build.gradle", "build.gradle.kts")!;
        var wrapper = view.FirstIn(folder, "gradlew") is not null;
        if (!found.HasTool("java", manifest) || (!wrapper && !found.HasTool("gradle", manifest)))
            return;
        found.Ecosystems.Add("jvm");
        var builds = view.Below(folder).Where(p => Paths.Name(p) is "build.gradle" or "build.gradle.kts" && !RepositoryView.IsForeign(p)).ToArray();
        if (Array.Exists(builds, b => view.Text(b).Contains("com.android.", StringComparison.Ordinal)))
            found.Note("This is an Android project: its build needs the Android SDK, so name an image under `sandbox.image`.");
        var gradle = (wrapper ? "sh ./gradlew" : "gradle") + " --no-daemon --console=plain";
        // Red tests are no failed set-up, but what does not compile is. Gradle judges by content: what is built may stay.
        found.Setup(new SetupStep(
            "gradle packages", folder, Shell.In(folder, $"{{ {gradle} --continue test || {gradle} testClasses; }}"), "gradle", null)
        {
            Registries = "gradle",
        });

        var units = builds.Where(b => Paths.Folder(b) != folder)
            .Select(b => new TestUnit(Paths.Folder(b), [$":{Paths.Relative(Paths.Folder(b), folder).Replace('/', ':')}:test"])).ToArray();
        found.Check(
            "gradle", folder, Shell.In(folder, $"{gradle} --offline test"), CheckKind.Test,
            units.Length > 1 ? new TestTargets(TargetStyle.Units, folder, $"{gradle} --offline {{}}", units) : null);
    }
}
