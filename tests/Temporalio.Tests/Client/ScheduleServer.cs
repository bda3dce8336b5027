using Microsoft.AspNetCore.Routing;
using Temporalio.Protocol.Methods;
using Temporalio.Protocol.Schedules;
using Temporalio.Protocol.Service;
using Temporalio.Protocol.Transport;

namespace Temporalio.Tests.Client;

/// <summary>The schedule methods as far as a client can tell: keeps what it is given and remembers every request.</summary>
internal sealed class ScheduleServer
{
    public List<object> Requests { get; } = [];

    /// <summary>What Describe answers, for any id.</summary>
    public DescribeScheduleResponse? Stored { get; set; }

    /// <summary>What List answers, page by page.</summary>
    public List<ScheduleListEntry[]> Pages { get; } = [];

    public T Single<T>() => Requests.OfType<T>().Single();

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGrpc(WorkflowServiceMethods.CreateSchedule, (request, _, _) =>
        {
            if (Stored is not null)
            {
                throw new RpcStatusException(GrpcStatusCode.AlreadyExists, "exists");
            }

            Stored = new()
            {
                Schedule = request.Schedule,
                Info = new() { CreateTime = new() { Seconds = 1_000_000 } },
                Memo = request.Memo,
                SearchAttributes = request.SearchAttributes,
            };
            return Note(request, new CreateScheduleResponse());
        });
        routes.MapGrpc(WorkflowServiceMethods.DescribeSchedule, (request, _, _) => Note(
            request, Stored ?? throw new RpcStatusException(GrpcStatusCode.NotFound, "no such schedule")));
        routes.MapGrpc(WorkflowServiceMethods.UpdateSchedule, (request, _, _) => Note(request, new UpdateScheduleResponse()));
        routes.MapGrpc(WorkflowServiceMethods.PatchSchedule, (request, _, _) => Note(request, new PatchScheduleResponse()));
        routes.MapGrpc(WorkflowServiceMethods.DeleteSchedule, (request, _, _) => Note(request, new DeleteScheduleResponse()));
        routes.MapGrpc(WorkflowServiceMethods.ListSchedules, (request, _, _) =>
        {
            var page = request.NextPageToken.IsEmpty ? 0 : request.NextPageToken[0];
            return Note(request, new ListSchedulesResponse
            {
                Schedules = { Pages[page] },
                NextPageToken = page + 1 < Pages.Count ? Google.Protobuf.ByteString.CopyFrom((byte)(page + 1)) : Google.Protobuf.ByteString.Empty,
            });
        });
    }

    private Task<T> Note<T>(object request, T response)
    {
        Requests.Add(request);
        return Task.FromResult(response);
    }
}
