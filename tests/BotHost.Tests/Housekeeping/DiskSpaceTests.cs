using CodingAgent.BotHost.Dispatch;
using CodingAgent.BotHost.Housekeeping;

namespace CodingAgent.BotHost.Tests.Housekeeping;

public sealed class DiskSpaceTests : IDisposable
{
    private const long Mega = 1L << 20;
    private readonly string _folder = Directory.CreateTempSubdirectory("disk-tests-").FullName;
    private long _free = 5000 * Mega;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Room_Enough_SaysNothing_AndKeepsAReserveThatIsReallyTaken()
    {
        var space = Space();
        space.Look().ShouldBeNull();
        space.Shortage.ShouldBeNull();
        new FileInfo(Path.Combine(_folder, "reserve")).Length.ShouldBe(8 * Mega);
    }

    [Fact]
    public void Room_BelowTheMark_IsSaidOnce_AndOnceWhenThereIsRoomAgain()
    {
        var space = Space();
        space.Look();
        _free = 900 * Mega;
        space.Look()!.ShouldContain("new tasks wait until there is room");
        space.Look().ShouldBeNull();
        space.Shortage!.ShouldContain("900 MB left, less than 1000 MB (Disk:NewWork)");
        _free = 2000 * Mega;
        space.Look()!.ShouldContain("room again");
        space.Shortage.ShouldBeNull();
    }

    [Fact]
    public void Room_BelowTheReserve_ReleasesIt_AndItComesBackOnlyWithRoomForBoth()
    {
        var space = Space();
        space.Look();
        _free = 7 * Mega;
        space.Look()!.ShouldContain("reserve of 8 MB was released");
        File.Exists(Path.Combine(_folder, "reserve")).ShouldBeFalse();
        _free = 1004 * Mega;
        space.Look();
        File.Exists(Path.Combine(_folder, "reserve")).ShouldBeFalse();
        _free = 1010 * Mega;
        space.Look();
        File.Exists(Path.Combine(_folder, "reserve")).ShouldBeTrue();
    }

    [Fact]
    public void Room_BelowTheMark_IsToldWithoutNamesOfTheMachine()
    {
        var space = Space();
        space.Look();
        space.WhyNot.ShouldBeNull();
        _free = 900 * Mega;
        space.Look();
        space.WhyNot.ShouldBe("The machine that does the work is short of disk space: 900 MB are left, and new work needs 1000 MB.");
        space.Emergency.ShouldBeNull();
        _free = 7 * Mega;
        space.Look();
        space.Emergency.ShouldBe(space.Shortage);
    }

    [Fact]
    public async Task NewTask_WithRoomForTheDatabasesOnly_WaitsAsWhenTemporalIsAway()
    {
        _free = 0;
        var space = Space();
        space.Look();
        // Nothing is asked of Temporal: there is no client.
        var gateway = new TemporalTaskGateway(null!, new CodingAgent.Workflows.Activities.FlowSettings { PlannerModel = "m", CoderModel = "m", CriticModel = "m" }, "queue", new CodingAgent.Storage.RecordKeys(), space);
        (await Should.ThrowAsync<CodingAgent.Workflows.Ports.TaskGatewayUnavailableException>(() => gateway.StartAsync(null!, null!, default))).Message.ShouldContain("Disk:NewWork");
    }

    private DiskSpace Space() => new(new DiskSettings(1000 * Mega, 8 * Mega), _folder, _ => _free);
}
