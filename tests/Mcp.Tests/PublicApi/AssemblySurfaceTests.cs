using CodingAgent.Mcp.PublicApi;

namespace CodingAgent.Mcp.Tests.PublicApi;

public sealed class AssemblySurfaceTests
{
    private const string Sample = """
        using System.Diagnostics.CodeAnalysis;
        [assembly: System.Runtime.CompilerServices.InternalsVisibleTo("Lib.Tests")]
        [assembly: System.Runtime.CompilerServices.TypeForwardedTo(typeof(System.Text.StringBuilder))]
        namespace N
        {
            public abstract class A<T>(int seed) : IComparable<T> where T : class, new()
            {
                protected A() : this(1) { }
                public const string K = "v";
                public static readonly int Count = 3;
                private protected int hidden;
                internal int inner;
                public required string Name { get; init; }
                public string? Note { get; protected set; }
                public int this[int at] { get => at; private set { } }
                public event EventHandler? Changed;
                public int CompareTo(T? other) => seed;
                protected abstract Task<T?> LoadAsync(string key, int times = 3, in DateTime at = default, params string[] rest);
                public ref readonly int Slot(out int a, ref int b, (int X, string? Y) pair) { a = 1; return ref Held; }
                public static int Held;
                public static A<T> operator +(A<T> a, int b) => a;
                public static explicit operator int(A<T> a) => 1;
                protected internal virtual void Hook() { }
                [Obsolete("use B")] public bool TryGet([NotNullWhen(true)] out string? value) { value = null; return false; }
                public class Nested<U> { public void M(U u, T t) { } }
                private class Own { public int X; }
            }

            [Flags] public enum E : byte { None = 0, One = 1, All = 255 }
            public readonly record struct P(int X, string? Y);
            public record R(int X) { protected virtual int V => 1; }
            public sealed class S { protected void NotReachable() { } public void M() { } }
            public interface I<out T> { T Get(); int More() => 1; static abstract T Zero { get; } }
            public delegate ref int D<in T>(T t, string? s = null) where T : notnull;
            public static class X { public static string? Cut(this string s, int n = 5) => s; public static dynamic Dyn(nint n, object o) => o; }
            public static class Blocks { extension(string s) { public bool IsShort => s.Length < 3; public string Twice() => s + s; } }
            public interface IDef { static virtual int Z() => 1; int A { get; set; } event Action E; protected void P(); }
            public unsafe class Ptr { public delegate*<int, void> F; public int* P; }
            public ref struct Q { public readonly int Read() => 1; }
            public class Explicit : IDisposable { void IDisposable.Dispose() { } }
            internal class Internal { public void M() { } }
        }
        """;

    [Fact]
    public async Task Assembly_Members_AreTheirDeclarations()
    {
        var surface = await Surfaces.OfCSharpAsync(Sample);

        surface.Notes.ShouldBeEmpty();
        string.Join('\n', surface.Texts()).ShouldBe(
            """
            event public System.EventHandler? N.A<T>.Changed
            event System.Action! N.IDef.E
            public static readonly int N.A<T>.Count
            public static int N.A<T>.Held
            public const string! N.A<T>.K = "v"
            N.E.All = 255
            N.E.None = 0
            N.E.One = 1
            public delegate*<int, void> N.Ptr.F
            public int* N.Ptr.P
            protected N.A<T>.A()
            protected N.A<T>.A(int seed)
            public int N.A<T>.CompareTo(T? other)
            protected internal virtual void N.A<T>.Hook()
            protected abstract System.Threading.Tasks.Task<T?>! N.A<T>.LoadAsync(string! key, int times = 3, in System.DateTime at = default(System.DateTime), params string![]! rest)
            public N.A<T>.Nested<U>.Nested()
            public void N.A<T>.Nested<U>.M(U u, T! t)
            public ref readonly int N.A<T>.Slot(out int a, ref int b, (int X, string? Y) pair)
            [System.Obsolete("use B")] [value: System.Diagnostics.CodeAnalysis.NotNullWhen(true)] public bool N.A<T>.TryGet(out string? value)
            public static N.A<T!>! N.A<T>.operator +(N.A<T!>! a, int b)
            public static N.A<T>.explicit operator int(N.A<T!>! a)
            public string! N.Blocks.extension(string!).Twice()
            public static string! N.Blocks.Twice(this string! s)
            public static bool N.Blocks.get_IsShort(string! s)
            public N.Explicit.Explicit()
            void N.IDef.P()
            static int N.IDef.Z() (with a body)
            T N.I<out T>.Get()
            int N.I<out T>.More() (with a body)
            public N.P.P()
            public N.P.P(int X, string? Y)
            public void N.P.Deconstruct(out int X, out string? Y)
            public bool N.P.Equals(N.P other)
            public override bool N.P.Equals(object obj)
            public override int N.P.GetHashCode()
            public override string N.P.ToString()
            public static bool N.P.operator ==(N.P left, N.P right)
            public static bool N.P.operator !=(N.P left, N.P right)
            public N.Ptr.Ptr()
            public N.Q.Q()
            public readonly int N.Q.Read()
            protected N.R.R(N.R! original)
            public N.R.R(int X)
            public void N.R.Deconstruct(out int X)
            public virtual bool N.R.Equals(N.R? other)
            public override bool N.R.Equals(object? obj)
            public override int N.R.GetHashCode()
            protected virtual bool N.R.PrintMembers(System.Text.StringBuilder! builder)
            public override string! N.R.ToString()
            public static bool N.R.operator ==(N.R? left, N.R? right)
            public static bool N.R.operator !=(N.R? left, N.R? right)
            public N.S.S()
            public void N.S.M()
            public static string? N.X.Cut(this string! s, int n = 5)
            public static dynamic! N.X.Dyn(nint n, object! o)
            public int N.A<T>.this[int at] { get; }
            public required string! N.A<T>.Name { get; init; }
            public string? N.A<T>.Note { get; protected set; }
            public bool N.Blocks.extension(string!).IsShort { get; }
            int N.IDef.A { get; set; }
            static T N.I<out T>.Zero { get; }
            public int N.P.X { get; init; }
            public string? N.P.Y { get; init; }
            protected virtual System.Type! N.R.EqualityContract { get; }
            protected virtual int N.R.V { get; }
            public int N.R.X { get; init; }
            public abstract class N.A<T> : System.IComparable<T!> where T : class!, new()
            public class N.A<T>.Nested<U>
            public static class N.Blocks
            public extension N.Blocks.extension(string!)
            public delegate ref int N.D<in T>(T t, string? s = null) where T : notnull
            [System.Flags] public enum N.E : byte
            public class N.Explicit : System.IDisposable
            public interface N.IDef
            public interface N.I<out T>
            public readonly struct N.P : System.IEquatable<N.P>
            public class N.Ptr
            public ref struct N.Q
            public record N.R : System.IEquatable<N.R>
            public sealed class N.S
            public static class N.X
            forwarded System.Text.StringBuilder to System.Private.CoreLib
            [assembly: InternalsVisibleTo("Lib.Tests")]
            """.ReplaceLineEndings("\n"));
    }

    [Theory]
    [InlineData("public int M(int a) => a;", "public int M(int a = 2) => a;", "~ public int C.M(int a) -> public int C.M(int a = 2)", true)]
    [InlineData("public void M(int a) { }", "public void M(int b) { }", "~ public void C.M(int a) -> public void C.M(int b)", true)]
    [InlineData("public void M(int a) { }", "public void M(long a) { }", "~ public void C.M(int a) -> public void C.M(long a)", true)]
    [InlineData("public int M() => 1;", "public long M() => 1;", "~ public int C.M() -> public long C.M()", true)]
    [InlineData("public string M() => \"\";", "public string? M() => null;", "~ public string! C.M() -> public string? C.M()", true)]
    [InlineData("public const int K = 1;", "public const int K = 2;", "~ public const int C.K = 1 -> public const int C.K = 2", true)]
    [InlineData("public int P { get; set; }", "public int P { get; init; }", "~ public int C.P { get; set; } -> public int C.P { get; init; }", true)]
    [InlineData("public int P { get; set; }", "public int P { get; private set; }", "~ public int C.P { get; set; } -> public int C.P { get; }", true)]
    [InlineData("public int F;", "public int F { get; set; }", "~ public int C.F -> public int C.F { get; set; }", true)]
    [InlineData("public void M() { }", "[Obsolete(\"old\")] public void M() { }", "~ public void C.M() -> [System.Obsolete(\"old\")] public void C.M()", false)]
    [InlineData("public void M() { }", "[Obsolete(\"old\", true)] public void M() { }", "~ public void C.M() -> [System.Obsolete(\"old\", true)] public void C.M()", true)]
    [InlineData("public void M() { }", "public void M() { } public void N() { }", "+ public void C.N()", false)]
    [InlineData("public void M() { }", "public void M() { } public required int R { get; set; }", "+ public required int C.R { get; set; }", true)]
    [InlineData("public virtual void M() { }", "public void M() { }", "~ public virtual void C.M() -> public void C.M()", true)]
    [InlineData("public void M() { }", "internal void M() { }", "- public void C.M()", true)]
    public async Task Assembly_ThatChanged_DiffersByThatLine(string before, string after, string line, bool breaks)
    {
        var diff = ApiDiff.Between(await Surfaces.OfCSharpAsync($"public class C {{ {before} }}"), await Surfaces.OfCSharpAsync($"public class C {{ {after} }}"));

        var change = diff.Changes.ShouldHaveSingleItem();
        change.Line.ShouldBe(line);
        change.IsBreaking.ShouldBe(breaks);
        change.Unit.ShouldBe("Lib");
    }

    [Theory]
    // What stands behind the surface, and what a source may say in two ways.
    [InlineData("public int M(int a) => a + 1;", "int _b; public int M(int a) { _b = 1; return a + _b; } void Own() { }")]
    [InlineData("public int P { get; } = 1;", "private int _p = 1; public int P { get { return _p; } private set { } }")]
    [InlineData("public async Task<int> M() { await Task.Yield(); return 1; }", "public Task<int> M() => Task.FromResult(1);")]
    [InlineData("public IEnumerable<int> M() { yield return 1; }", "public IEnumerable<int> M() => new int[] { 1 };")]
    [InlineData("public (int A, string B) T() => default;", "public ValueTuple<int, string> T() => default;", "~ public (int A, string! B) C.T() -> public (int, string!) C.T()")]
    public async Task Assembly_RefactoredInside_IsTheSame(string before, string after, string? line = null)
    {
        var diff = ApiDiff.Between(await Surfaces.OfCSharpAsync($"public class C {{ {before} }}"), await Surfaces.OfCSharpAsync($"public class C {{ {after} }}"));

        diff.Changes.Select(c => c.Line).ShouldBe(line is null ? [] : [line]);
    }

    [Fact]
    public async Task Interfaces_WhoseNamesComeWithOthers_AreNoDifference()
    {
        var one = await Surfaces.OfCSharpAsync("public abstract class C : ICollection<int> { public abstract int Count { get; } public abstract bool IsReadOnly { get; } public abstract void Add(int i); public abstract void Clear(); public abstract bool Contains(int i); public abstract void CopyTo(int[] a, int i); public abstract bool Remove(int i); public abstract IEnumerator<int> GetEnumerator(); System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => null!; }");
        var other = await Surfaces.OfCSharpAsync("public abstract class C : IEnumerable<int>, ICollection<int> { public abstract int Count { get; } public abstract bool IsReadOnly { get; } public abstract void Add(int i); public abstract void Clear(); public abstract bool Contains(int i); public abstract void CopyTo(int[] a, int i); public abstract bool Remove(int i); public abstract IEnumerator<int> GetEnumerator(); System.Collections.IEnumerator System.Collections.IEnumerable.GetEnumerator() => null!; }");

        ApiDiff.Between(one, other).IsEmpty.ShouldBeTrue();
        one.Entries.Single(e => e.Id == "M:C.Clear").Obliges.ShouldBeTrue();
    }

    [Fact]
    public async Task Overloads_ThatComeAndGo_AreTwoChanges()
    {
        var diff = ApiDiff.Between(
            await Surfaces.OfCSharpAsync("public class C { public void M(int a) { } public void M(int a, int b) { } }"), await Surfaces.OfCSharpAsync("public class C { public void M(string a) { } public void M(string a, int b) { } }"));

        diff.Changes.Select(c => c.Line).ShouldBe(["- public void C.M(int a)", "- public void C.M(int a, int b)", "+ public void C.M(string! a)", "+ public void C.M(string! a, int b)"], ignoreOrder: true);
    }

    [Fact]
    public async Task Folder_WithWhatBuildsLeave_IsReadOnce()
    {
        using var scratch = new ScratchFolder();
        foreach (var path in new[] { "src/Lib/obj/Debug/net10.0/Lib.dll", "src/Lib/obj/Release/net10.0/Lib.dll", "src/Lib/obj/Debug/net10.0/ref/Lib.dll", "src/Lib/bin/Debug/net10.0/Lib.dll", "src/Lib/obj/Debug/net10.0/de/Lib.resources.dll", ".hidden/obj/Lib.dll" })
            Surfaces.Compile("public class C { }", scratch[path], "Lib");
        // Another of the same name is told by its folder; what is built on tests is no library.
        Surfaces.Compile("public class D { }", scratch["tools/Lib/obj/Debug/net10.0/Lib.dll"], "Lib");
        Surfaces.Compile("public class T { [Xunit.Fact] public void Works() { } }", scratch["tests/T/obj/Debug/net10.0/T.dll"], "T");
        Directory.CreateSymbolicLink(scratch["src/Lib/loop"], scratch.Path);

        var surface = await Surfaces.OfFolderAsync(scratch.Path);

        surface.Entries.Where(e => e.Id.StartsWith("T:", StringComparison.Ordinal)).Select(e => $"{e.Unit}: {e.Text}").ShouldBe(["Lib: public class C", "Lib tools/Lib: public class D"], ignoreOrder: true);
        surface.Notes.ShouldBeEmpty();
    }

    [Fact]
    public async Task Files_ThatAreNoAssemblies_AreToldAndKeepNoOtherBack()
    {
        using var scratch = new ScratchFolder();
        Surfaces.Compile("public class C { }", scratch["a/obj/A.dll"], "A");
        var whole = await File.ReadAllBytesAsync(scratch["a/obj/A.dll"]);
        Directory.CreateDirectory(scratch["b/obj"]);
        await File.WriteAllBytesAsync(scratch["b/obj/Empty.dll"], []);
        await File.WriteAllBytesAsync(scratch["b/obj/Half.dll"], whole[..(whole.Length / 2)]);
        await File.WriteAllTextAsync(scratch["b/obj/Text.dll"], "MZ" + new string('x', 5_000));
        var broken = (byte[])whole.Clone();
        for (var i = 600; i < broken.Length; i += 3) broken[i] ^= 0x5a;
        await File.WriteAllBytesAsync(scratch["b/obj/Broken.dll"], broken);

        var surface = await Surfaces.OfFolderAsync(scratch.Path);

        surface.Texts().ShouldContain("public class C");
        foreach (var name in new[] { "Empty", "Half", "Text", "Broken" }) surface.Notes.ShouldContain(n => n.Contains($"b/obj/{name}.dll", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Project_WithoutABuild_IsToldToBeUnknown()
    {
        using var scratch = new ScratchFolder();
        scratch.Write("src/Lib/Lib.csproj", "<Project/>");

        (await Surfaces.OfFolderAsync(scratch.Path)).Notes.ShouldHaveSingleItem().ShouldContain("not known");
    }

    [Fact]
    public void Surface_CutAnywhere_IsNone()
    {
        var whole = "{\"Unit\":\"a\",\"Id\":\"b\",\"Text\":\"c\"}\n{\"Count\":1,\"Notes\":[]}\n";
        ApiSurface.Read(whole)!.Entries.ShouldHaveSingleItem().Text.ShouldBe("c");
        foreach (var text in new[] { "", "\n", "null", whole[..30], whole.Split('\n')[0], whole.Split('\n')[1], whole.Replace("\"c\"", "null", StringComparison.Ordinal), "[1000 bytes left out]\n" + whole, whole + whole })
            ApiSurface.Read(text).ShouldBeNull();
    }

    [Fact]
    public void LongTexts_ThatDifferBeyondTheCut_Differ()
    {
        var (a, b) = (new ApiEntry("u", "i", new string('x', 5_000) + "1").Bounded(), new ApiEntry("u", "i", new string('x', 5_000) + "2").Bounded());

        a.ShouldNotBe(b);
        a.Text.Length.ShouldBeLessThan(1_100);
        a.Bounded().Text.Length.ShouldBeLessThan(1_100);
    }
}
