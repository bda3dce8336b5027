using CodingAgent.Mcp.PublicApi;

namespace CodingAgent.Mcp.Tests.PublicApi;

public sealed class SourceSurfaceTests
{
    [Fact]
    public async Task Python_PublicNames_AreTheSurface() => (await TextsAsync(
        "pkg/a.py",
        """
        import os
        LIMIT: int = 3
        _own = 4
        def visible(a, b: int = 2, *, c) -> str:
            def inner(): pass
            return ""
        class K(Base):
            attr = 1
            def __init__(self, x): pass
            def __call__(self): pass
            def m(self, x=1): pass
            def _p(self): pass
            @property
            def prop(self) -> int: return 1
            @staticmethod
            def make(): pass
        class _Hidden:
            def m(self): pass
        """)).ShouldBe(
            [
                "LIMIT: int", "class K(Base)", "K.attr", "def K.__call__(self)", "def K.__init__(self, x)", "def K.m(self, x=1)", "@staticmethod def K.make()", "@property def K.prop(self): int",
                "def visible(a, b: int = 2, *, c): str",
            ], ignoreOrder: true);

    [Fact]
    public async Task Python_All_SaysWhatIsPublic() => (await TextsAsync(
        "a.py", "__all__ = [\n    'one',\n    \"Two\",\n]\n__all__ += ['three']\nfrom .b import three\ndef one(): pass\ndef other(): pass\nclass Two:\n    def m(self): pass\n"))
        .ShouldBe(["def one()", "class Two()", "def Two.m(self)", "three (taken from another module)"], ignoreOrder: true);

    [Fact]
    public async Task Python_PrivateModule_ShowsWhatAPublicOneTakes()
    {
        var surface = await Surfaces.OfFilesAsync(
            ("pkg/__init__.py", "from ._impl import (\n    Shown,  # kept\n    other as renamed,\n)\nfrom os import path\n"), ("pkg/_impl.py", "class Shown:\n    def m(self): pass\ndef unused(): pass\n"));

        surface.Texts().ShouldBe(["Shown (taken from another module)", "renamed (taken from another module)", "path (taken from another module)", "class Shown()", "def Shown.m(self)"], ignoreOrder: true);
    }

    [Fact]
    public async Task TypeScript_Exports_AreTheSurface() => (await TextsAsync(
        "src/b.ts",
        """
        export function f(a: number, b?: string): Promise<void> {
        }
        export default class C<T> extends B implements I {
          private x = 1;
          #hidden = 2;
          public y: string;
          m(a: T): T { return a }
          static s(): void {}
        }
        export const k = 3;
        export interface Shape {
          a: string;
          m(x: number): void;
        }
        export type Pair = { a: string } | null;
        function hidden() {}
        function local(x: number) {}
        export { local as shown };
        export * from "./x";
        """)).ShouldBe(
            [
                "function f (a: number, b?: string): Promise<void>", "class C extends B,I <T> extends B implements I", "property C.y : string", "method C.m (a: T): T", "method C.s (): void", "constant k = 3",
                "interface Shape { a: string; m(x: number): void; }", "property Shape.a : string", "method Shape.m (x: number): void", "alias Pair = { a: string } | null",
                "function local (x: number)", "export shown", "export default", "export * from \"./x\"",
            ], ignoreOrder: true);

    [Fact]
    public async Task JavaScript_CommonExports_AreTheSurface() => (await TextsAsync(
        "lib/c.js",
        """
        'use strict';
        function add(a, b = 2) { return a + b }
        const mul = (a, b) => a * b;
        class Foo { constructor(x) {} bar(y) {} #priv() {} }
        function hidden(q) {}
        module.exports = { add, mul, Foo };
        exports.other = function (q) {};
        """)).ShouldBe(
            ["function add(a, b = 2)", "constant mul = (a, b)", "class Foo", "method Foo.constructor(x)", "method Foo.bar(y)", "export add", "export mul", "export Foo", "function other(q)"], ignoreOrder: true);

    [Fact]
    public async Task Go_CapitalNames_AreTheSurface()
    {
        const string Source = "package p\ntype S struct {\n\tA int\n\tb string\n}\ntype I interface {\n\tM(x int) error\n}\nfunc F(a int, b string) (int, error) { return 0, nil }\nfunc (s *S) Meth(x int) {}\nfunc (s *S) low() {}\nfunc (s hidden) Up() {}\nconst C = 1\n";
        var surface = await Surfaces.OfFilesAsync(("p/d.go", Source), ("p/d_test.go", "package p\nfunc TestX() {}\n"), ("internal/x.go", "package x\nfunc Y() {}\n"));

        surface.Texts().ShouldBe(["struct p.S", "member p.S.A: int", "interface p.I", "methodSpec p.I.M(x int): error", "func p.F(a int, b string): (int, error)", "func p.S.Meth(x int)", "const p.C"], ignoreOrder: true);
        surface.Entries.Single(e => e.Text.StartsWith("methodSpec", StringComparison.Ordinal)).Obliges.ShouldBeTrue();
    }

    [Fact]
    public async Task Java_PublicAndProtected_AreTheSurface() => (await TextsAsync(
        "src/q/E.java",
        """
        package q;
        public class E<T extends Number> extends B implements I {
            public static final int K = 3;
            protected void m(int a, String... b) throws X {}
            private void n() {}
            void pk() {}
            private static class Own { public int x; }
            public interface In { void z(); }
        }
        class Hidden { public void m() {} }
        """)).ShouldBe(
            ["public class E : B,I", "public static final int E.K", "protected void E.m(int a, String... b)", "public interface E.In", "public method E.In.z()"], ignoreOrder: true);

    [Fact]
    public async Task Rust_Pub_IsTheSurface() => (await TextsAsync(
        "src/lib.rs",
        """
        pub fn f<T: Clone>(a: i32) -> T { }
        fn g() {}
        pub(crate) fn h() {}
        pub struct S {
            pub a: i32,
            b: u8,
        }
        impl S {
            pub fn m(&self) {}
            fn p(&self) {}
        }
        pub trait T {
            fn req(&self);
        }
        pub enum E { A, B(i32) }
        pub use other::Thing;
        """)).ShouldBe(
            ["function f<T: Clone>(a: i32) -> T", "struct S", "field S.a: i32", "method S.m(&self)", "interface T", "method T.req(&self)", "enum E", "enumerator E.A", "enumerator E.B", "pub use other::Thing"], ignoreOrder: true);

    [Theory]
    [InlineData("def f(a, b=1): pass", "def f(a, b=2): pass", "~ def f(a, b=1) -> def f(a, b=2)", true)]
    [InlineData("def f(a): pass", "def f(a):\n    return _g(a)\ndef _g(a): pass", null, false)]
    [InlineData("def f(a): pass", "def _f(a): pass", "- def f(a)", true)]
    [InlineData("def f(a): pass", "def f(a): pass\ndef g(): pass", "+ def g()", false)]
    public async Task Python_ThatChanged_DiffersByThatLine(string before, string after, string? line, bool breaks)
    {
        var diff = ApiDiff.Between(await Surfaces.OfFilesAsync(("a.py", before)), await Surfaces.OfFilesAsync(("a.py", after)));

        diff.Changes.Select(c => c.Line).ShouldBe(line is null ? [] : [line]);
        diff.Changes.Any(c => c.IsBreaking).ShouldBe(breaks);
    }

    [Fact]
    public async Task HostileSources_AreReadOrPassedOver()
    {
        var surface = await Surfaces.OfFilesAsync(
            ("-rf.py", "def dash(): pass"), ("a b;touch x.py", "def blank(): pass"), ("new\nline.py", "def no(): pass"), ("min.js", "export function a(){}" + new string('x', 100_000)),
            ("deep.ts", "export type T = " + new string('[', 50_000)), ("big.py", new string('#', 2 << 20)), ("bytes.py", "def \u0000f(): pass\n\uffff"), ("all.py", "__all__ = [" + string.Concat(Enumerable.Repeat("'a',\n", 20_000))),
            ("options.ctags", "--exec"), (".ctags.d/x.ctags", "--_fatal"));

        surface.Texts().ShouldContain("def dash()");
        surface.Texts().ShouldContain("def blank()");
        surface.Notes.ShouldContain("big.py is too large to be read.");
        surface.Entries.ShouldAllBe(e => e.Text.Length < 1_100);
    }

    private static async Task<IEnumerable<string>> TextsAsync(string path, string content) => (await Surfaces.OfFilesAsync((path, content))).Texts();
}
