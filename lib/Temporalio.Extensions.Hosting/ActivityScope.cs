using Microsoft.Extensions.DependencyInjection;

namespace Temporalio.Extensions.Hosting;

/// <summary>Service scope and object of the running activity. An interceptor may set them before the activity is called; it then owns them.</summary>
public static class ActivityScope
{
    private static readonly AsyncLocal<IServiceScope?> ServiceScopeLocal = new();
    private static readonly AsyncLocal<object?> ScopedInstanceLocal = new();

    /// <summary>Scope that the activity's object comes from; null for a new one.</summary>
    public static IServiceScope? ServiceScope
    {
        get => ServiceScopeLocal.Value;
        set => ServiceScopeLocal.Value = value;
    }

    /// <summary>Object the activity is called on; null for one from the scope.</summary>
    public static object? ScopedInstance
    {
        get => ScopedInstanceLocal.Value;
        set => ScopedInstanceLocal.Value = value;
    }
}
