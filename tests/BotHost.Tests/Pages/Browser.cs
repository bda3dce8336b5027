using Deque.AxeCore.Commons;
using Microsoft.Playwright;

namespace CodingAgent.BotHost.Tests.Pages;

/// <summary>A real browser: Debian's Chromium, driven by Playwright. Screenshots lie in <c>artifacts/screens</c> of the repository, or beside the tests.</summary>
public sealed class Browser : IAsyncLifetime
{
    private static readonly string[] Programs = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

    private const float Patience = 120_000;

    private static readonly string Axe = new BundledAxeScriptProvider().GetScript();

    private IPlaywright _playwright = null!;
    private IBrowser _browser = null!;

    /// <summary>The program; null when there is none.</summary>
    public static string? Program => Programs.FirstOrDefault(File.Exists);

    public async Task InitializeAsync()
    {
        if (Program is null)
            return;
        // A machine under load is no failure.
        Assertions.SetDefaultExpectTimeout(Patience);
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = Program, Args = ["--no-sandbox"], Timeout = Patience });
    }

    public async Task DisposeAsync()
    {
        if (Program is null)
            return;
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    /// <summary>Somebody who looks at pages.</summary>
    internal async Task<Visitor> VisitAsync(Uri service, bool isPhone = false, bool isDark = false)
    {
        var context = await _browser.NewContextAsync(new()
        {
            BaseURL = service.ToString(),
            ViewportSize = isPhone ? new() { Width = 390, Height = 844 } : new() { Width = 1280, Height = 900 },
            ColorScheme = isDark ? ColorScheme.Dark : ColorScheme.Light,
            Locale = "en-GB",
            TimezoneId = "UTC",
        });
        context.SetDefaultTimeout(Patience);
        return new Visitor(service, context, await context.NewPageAsync(), $"{(isPhone ? "phone" : "desktop")}-{(isDark ? "dark" : "light")}");
    }

    internal sealed class Visitor : IAsyncDisposable
    {
        private readonly IBrowserContext _context;
        private readonly string _kind;

        public Visitor(Uri service, IBrowserContext context, IPage page, string kind)
        {
            (_context, Page, _kind) = (context, page, kind);
            page.Request += (_, request) =>
            {
                if (!request.Url.StartsWith(service.ToString(), StringComparison.Ordinal))
                    Complaints.Add($"asks {request.Url}");
            };
            page.Console += (_, message) =>
            {
                if (message.Type == "error")
                    Complaints.Add(message.Text);
            };
            page.PageError += (_, error) => Complaints.Add(error);
        }

        public IPage Page { get; }

        /// <summary>What the browser complained of: errors of scripts, what the content policy refused, and requests to others.</summary>
        public List<string> Complaints { get; } = [];

        public async Task SignInAsync(string key)
        {
            await Page.GotoAsync("/ui/sign-in");
            await Page.GetByLabel("API key").FillAsync(key);
            await Page.GetByRole(AriaRole.Button, new() { Name = "Sign in" }).ClickAsync();
            await Page.WaitForURLAsync("**/ui");
        }

        /// <summary>Looks at the page as it is: nothing of it is wider than the screen, and axe finds nothing serious. Leaves a picture.</summary>
        public async Task LookAsync(string name)
        {
            var folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, "screens")).FullName;
            await Page.ScreenshotAsync(new() { Path = Path.Combine(folder, $"{name}-{_kind}.png"), FullPage = true });
            (await Page.EvaluateAsync<int>("document.documentElement.scrollWidth - document.documentElement.clientWidth")).ShouldBeLessThanOrEqualTo(0, $"{name} is wider than the screen");
            await Page.EvaluateAsync(Axe);
            (await Page.EvaluateAsync<string[]>("""
                async () => (await axe.run()).violations.filter((v) => ['serious', 'critical'].includes(v.impact))
                  .map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html).join(' | ')}`)
                """)).ShouldBeEmpty(name);
        }

        public ValueTask DisposeAsync() => _context.DisposeAsync();
    }
}

/// <summary>A test in a browser; skipped, saying so, where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserFactAttribute : FactAttribute
{
    public BrowserFactAttribute()
    {
        if (Browser.Program is null)
            Skip = "no browser is installed; Debian has it as the package chromium";
    }
}

/// <summary>Likewise of several cases.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class BrowserTheoryAttribute : TheoryAttribute
{
    public BrowserTheoryAttribute()
    {
        if (Browser.Program is null)
            Skip = "no browser is installed; Debian has it as the package chromium";
    }
}
