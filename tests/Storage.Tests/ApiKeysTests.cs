using Microsoft.Extensions.Time.Testing;

namespace CodingAgent.Storage.Tests;

public sealed class ApiKeysTests : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("api-keys-").FullName;
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 12, 1, 8, 0, 0, TimeSpan.Zero));
    private SqliteDatabase _database = null!;
    private ApiKeys _keys = null!;

    public async Task InitializeAsync()
    {
        _database = await SqliteDatabase.OpenAsync(Path.Combine(_folder, "bot.db"), default);
        _keys = new ApiKeys(_database, _time);
    }

    public Task DisposeAsync()
    {
        _database.Dispose();
        Directory.Delete(_folder, recursive: true);
        return Task.CompletedTask;
    }

    [Fact]
    public async Task Create_ThenFind_IsTheKeyAndItIsNowhereOnDisk()
    {
        var text = (await _keys.CreateAsync("pipeline", ApiRole.Operator, _time.GetUtcNow().AddDays(1), default))!;

        var key = (await _keys.FindAsync(text, default))!;
        (key.Name, key.Role, key.CreatedAt, key.ExpiresAt, key.RevokedAt, key.UsedAt).ShouldBe(("pipeline", ApiRole.Operator, _time.GetUtcNow(), _time.GetUtcNow().AddDays(1), null, null));
        foreach (var file in Directory.GetFiles(_folder))
        {
            using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            (await reader.ReadToEndAsync()).ShouldNotContain(text[^64..]);
        }
    }

    [Fact]
    public async Task Find_WhatIsNearlyAKey_IsNone()
    {
        var text = (await _keys.CreateAsync("a", ApiRole.Admin, null, default))!;
        var other = (await _keys.CreateAsync("b", ApiRole.Viewer, null, default))!;
        // The id of one with the secret of another among them.
        foreach (var wrong in (string[])["", " ", "cak_", text[..^1], text + "0", text.ToUpperInvariant(), text[..^1] + (text[^1] == '0' ? '1' : '0'), text[..17] + other[17..], $"cak_{new string('0', 12)}_{new string('0', 64)}", new string('x', 100_000)])
            (await _keys.FindAsync(wrong, default)).ShouldBeNull(wrong.Length > 200 ? "long" : wrong);
    }

    [Fact]
    public async Task Revoke_OnceAndAgain_KeepsTheFirstTimeAndTheNameIsGone()
    {
        var text = (await _keys.CreateAsync("a", ApiRole.Admin, null, default))!;
        (await _keys.RevokeAsync("a", default))!.RevokedAt.ShouldBeNull();
        var at = _time.GetUtcNow();
        _time.Advance(TimeSpan.FromDays(1));
        (await _keys.RevokeAsync("a", default))!.RevokedAt.ShouldBe(at);

        (await _keys.FindAsync(text, default))!.RevokedAt.ShouldBe(at);
        (await _keys.RevokeAsync("nobody", default)).ShouldBeNull();
        // What was done under a name must not become another's.
        (await _keys.CreateAsync("a", ApiRole.Viewer, null, default)).ShouldBeNull();
    }

    [Fact]
    public async Task Find_Often_NotesTheUseOncePerHour()
    {
        var text = (await _keys.CreateAsync("a", ApiRole.Viewer, null, default))!;
        var first = _time.GetUtcNow();
        await _keys.FindAsync(text, default);
        _time.Advance(TimeSpan.FromMinutes(59));
        await _keys.FindAsync(text, default);
        (await _keys.ListAsync(default)).ShouldHaveSingleItem().UsedAt.ShouldBe(first);
        _time.Advance(TimeSpan.FromMinutes(1));
        await _keys.FindAsync(text, default);
        (await _keys.ListAsync(default)).ShouldHaveSingleItem().UsedAt.ShouldBe(_time.GetUtcNow());
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("release-pipeline_2.x", true)]
    [InlineData("", false)]
    [InlineData("-a", false)]
    [InlineData("a b", false)]
    [InlineData("a\n", false)]
    [InlineData("@octocat", false)]
    [InlineData("ä", false)]
    [InlineData("a1234567890123456789012345678901234567890", false)]
    public async Task Create_Name_IsPlain(string name, bool isOne)
    {
        ApiKeys.IsName(name).ShouldBe(isOne);
        if (!isOne)
            await Should.ThrowAsync<ArgumentException>(() => _keys.CreateAsync(name, ApiRole.Viewer, null, default));
    }
}
