using System.Diagnostics;
using OpenTelemetry;
using Temporalio.Worker.Interceptors;

namespace Temporalio.Extensions.OpenTelemetry;

/// <content>Calls into activities.</content>
public partial class TracingInterceptor
{
    private sealed class ActivityInbound(TracingInterceptor root, ActivityInboundInterceptor next) : ActivityInboundInterceptor(next)
    {
        public override async Task<object?> ExecuteActivityAsync(ExecuteActivityInput input)
        {
            var before = Baggage.Current;
            var context = root.HeadersToContext(input.Headers);
            if (context is { Baggage: var baggage })
            {
                Baggage.Current = baggage;
            }

            using var activity = ActivitiesSource.StartActivity(
                $"RunActivity:{input.Activity.Name}", ActivityKind.Server, context?.ActivityContext ?? default, root.CreateInActivityTags());
            try
            {
                return await base.ExecuteActivityAsync(input);
            }
            catch (Exception e)
            {
                Record(activity, e);
                throw;
            }
            finally
            {
                Baggage.Current = before;
            }
        }
    }
}
