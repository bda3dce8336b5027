using System.Reflection;
using System.Security.Cryptography;
using CodingAgent.BotHost.Pages.Parts;

namespace CodingAgent.BotHost.Pages;

/// <summary>Style, script and icon of the pages. Their addresses hold a digest of their content, so that browsers keep them until they change.</summary>
internal sealed class PageAssets
{
    private const string Folder = Site.Root + "/assets/";

    private static readonly PageAssets Css = new("ui.css", "text/css; charset=utf-8");
    private static readonly PageAssets Script = new("ui.js", "text/javascript; charset=utf-8");

    private static readonly PageAssets Picture = new("ui.svg", "image/svg+xml");

    private readonly byte[] _content;
    private readonly string _type;

    private PageAssets(string name, string type)
    {
        using var resource = Assembly.GetExecutingAssembly().GetManifestResourceStream($"{typeof(PageAssets).Namespace}.{name}")!;
        _content = new byte[resource.Length];
        resource.ReadExactly(_content);
        (_type, Path) = (type, $"{Folder}{Convert.ToHexStringLower(SHA256.HashData(_content).AsSpan(0, 8))}/{name}");
    }

    /// <summary>Address of the style.</summary>
    public static string Style => Css.Path;

    /// <summary>Address of the script.</summary>
    public static string Code => Script.Path;

    /// <summary>Address of the icon.</summary>
    public static string Icon => Picture.Path;

    private string Path { get; }

    /// <summary>Serves them, to anybody: the page for signing in has them too.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        foreach (var asset in (PageAssets[])[Css, Script, Picture])
        {
            routes.MapGet(asset.Path, (HttpResponse response) =>
            {
                response.Headers.CacheControl = "public, max-age=31536000, immutable";
                return Results.Bytes(asset._content, asset._type);
            });
        }
    }
}
