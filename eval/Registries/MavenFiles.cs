using System.IO.Compression;
using System.Text;
using CliWrap;
using CliWrap.Buffered;

namespace CodingAgent.Eval.Registries;

/// <summary>
/// A Maven repository: a library of ours, compiled here, and JUnit and Maven's plugins as the machine's Debian packages lay them down under
/// <c>/usr/share/maven-repo</c>.
/// </summary>
internal static class MavenFiles
{
    private const string Root = "/maven/";
    private const string Machine = "/usr/share/maven-repo";
    private const string Folder = "/maven/com/acme/rounding/1.0.0/rounding-1.0.0";

    /// <summary>True when the machine has the plugins and JUnit.</summary>
    public static bool IsComplete => new[] { "maven-resources-plugin", "maven-compiler-plugin", "maven-surefire-plugin" }
        .All(p => Directory.Exists($"{Machine}/org/apache/maven/plugins/{p}")) && Directory.Exists($"{Machine}/junit/junit");

    /// <summary>What is made here, by path; nothing where there is no Java compiler.</summary>
    public static async Task<IReadOnlyList<KeyValuePair<string, byte[]>>> AllAsync(CancellationToken ct)
    {
        var folder = Directory.CreateTempSubdirectory("coding-agent-eval-java-").FullName;
        try
        {
            var source = Path.Combine(folder, "Rounding.java");
            await File.WriteAllTextAsync(source, """
                package com.acme.rounding;

                /** Rounds. */
                public final class Rounding {
                    private Rounding() {
                    }

                    public static long halfUp(double value) {
                        return (long) Math.floor(value + 0.5 + 1e-9);
                    }
                }
                """, ct);
            var result = await Cli.Wrap("javac").WithArguments(["--release", "11", "-d", folder, source]).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync(ct);
            if (!result.IsSuccess)
                throw new EvalException($"javac could not compile the library that the Maven repository serves: {result.StandardError.Trim()}");
            using var jar = new MemoryStream();
            using (var zip = new ZipArchive(jar, ZipArchiveMode.Create, leaveOpen: true))
            {
                const string entry = "com/acme/rounding/Rounding.class";
                using var stream = zip.CreateEntry(entry).Open();
                stream.Write(await File.ReadAllBytesAsync(Path.Combine(folder, entry), ct));
            }

            const string pom = """
                <project xmlns="http://maven.apache.org/POM/4.0.0">
                  <modelVersion>4.0.0</modelVersion>
                  <groupId>com.acme</groupId>
                  <artifactId>rounding</artifactId>
                  <version>1.0.0</version>
                </project>
                """;
            return [new($"{Folder}.pom", Encoding.UTF8.GetBytes(pom)), new($"{Folder}.jar", jar.ToArray())];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return [];
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A file of the machine's repository by its path here; null when there is none.</summary>
    public static byte[]? OfMachine(string path)
    {
        // An empty part would make the rest a path from the root of the machine.
        if (!path.StartsWith(Root, StringComparison.Ordinal) || path[Root.Length..].Split('/').Any(part => part is "" or "." or ".."))
            return null;
        var file = Path.Combine(Machine, path[Root.Length..]);
        return File.Exists(file) ? File.ReadAllBytes(file) : null;
    }
}
