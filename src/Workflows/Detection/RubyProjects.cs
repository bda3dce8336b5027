namespace CodingAgent.Workflows.Detection;

/// <summary>Ruby: bundler with rspec, minitest, Rails or rake.</summary>
internal static class RubyProjects
{
    // Said in the line itself, so that it holds in any image; HOME is kept by set-up, the folder of system gems is not.
    private const string Path = "BUNDLE_PATH=\"$HOME/bundle\" ";

    public static void Detect(DetectionBuilder found)
    {
        var view = found.View;
        var roots = new List<string>();
        foreach (var folder in view.Named("Gemfile", "gems.rb").Select(Paths.Folder))
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
        string At(string name) => Paths.Join(folder, name);
        var manifest = view.FirstIn(folder, "Gemfile", "gems.rb")!;
        var run = TestCommand(found, folder, view.Text(manifest) + view.Text(At("Gemfile.lock")) + view.Text(At("gems.locked")) + string.Concat(view.NamesIn(folder).Where(n => n.EndsWith(".gemspec", StringComparison.Ordinal)).Select(n => view.Text(At(n)))));
        // A Gemfile is often there for a site or a formatter only; without tests of Ruby it is nobody's set-up.
        if (run is null || !found.HasTool("ruby", manifest) || !found.HasTool("bundle", manifest))
            return;
        found.Ecosystems.Add("ruby");
        var hasLock = view.FirstIn(folder, "Gemfile.lock", "gems.locked") is not null;
        found.Setup(new SetupStep(
            "bundle install", folder, Shell.In(folder, (hasLock ? "BUNDLE_FROZEN=true " : "") + Path + "bundle install"), "ruby", Shell.In(folder, Path + "bundle install"))
        {
            Registries = "ruby",
        });

        var ending = run.Contains("rspec", StringComparison.Ordinal) ? "_spec.rb" : "_test.rb";
        var some = run.Contains("rspec", StringComparison.Ordinal) ? Path + "bundle exec rspec {}" : run.Contains("rails test", StringComparison.Ordinal) ? Path + "bin/rails test {}" : null;
        found.Check(
            "ruby", folder, Shell.In(folder, run), CheckKind.Test,
            some is null ? null : new TestTargets(TargetStyle.NamedTests, folder, some, []) { Whole = run, Endings = [ending] });
    }

    private static string? TestCommand(DetectionBuilder found, string folder, string gems)
    {
        var view = found.View;
        if (found.CiFor(folder, CheckKind.Test, "rspec", "rake", "bin/rails").FirstOrDefault() is { } ci)
            return Path + ci.Line;
        if (gems.Contains("rspec", StringComparison.Ordinal) && view.HasFolder(Paths.Join(folder, "spec")))
            return Path + "bundle exec rspec";
        if (!view.HasFolder(Paths.Join(folder, "test")))
            return null;
        if (view.Has(Paths.Join(folder, "bin/rails")))
            return Path + "bin/rails test";
        return view.Text(Paths.Join(folder, "Rakefile")).Contains("TestTask", StringComparison.Ordinal)
            ? Path + "bundle exec rake test"
            : view.Below(Paths.Join(folder, "test")).Any(p => p.EndsWith("_test.rb", StringComparison.Ordinal) || Paths.Name(p).StartsWith("test_", StringComparison.Ordinal))
                ? Path + "bundle exec ruby -Itest -Ilib -e 'Dir[\"./test/**/{test_*,*_test}.rb\"].each { |f| require f }'"
                : null;
    }
}
