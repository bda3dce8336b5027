using System.Runtime.Versioning;
using System.Text;
using CodingAgent.Forges;
using CodingAgent.Workflows.Ports;
using Dapper;
using Microsoft.Data.Sqlite;

namespace CodingAgent.Storage.Tests;

public sealed class SqliteDatabaseTests : IDisposable
{
    private readonly SqliteFixture _fixture = new();

    public void Dispose() => _fixture.Dispose();

    [Fact]
    public async Task Open_Again_KeepsWhatIsThere()
    {
        await new Inbox(_fixture.Database, SqliteFixture.Cipher).AddAsync(new InboxDelivery("a", ForgeKind.GitHub, "issues", "{}"u8.ToArray(), DateTimeOffset.UnixEpoch), default);
        using var second = await SqliteDatabase.OpenAsync(_fixture.Path, default);
        (await new Inbox(second, SqliteFixture.Cipher).ListPendingAsync(0, 1, default)).ShouldHaveSingleItem();
    }

    [Fact]
    public async Task Inbox_Done_KeepsTheIdAndLetsTheBodyGo()
    {
        var inbox = new Inbox(_fixture.Database, SqliteFixture.Cipher);
        await inbox.AddAsync(new InboxDelivery("a", ForgeKind.GitHub, "issues", new byte[1 << 20], DateTimeOffset.UnixEpoch), default);
        await inbox.MarkDoneAsync([new("a", "started")], default);
        await using var connection = _fixture.Database.OpenReader();
        (await connection.ExecuteScalarAsync<long>("SELECT SUM(LENGTH(body)) FROM inbox")).ShouldBe(0);
    }

    [Fact]
    public async Task Open_ManyAtOnce_MigratesOnce()
    {
        var path = _fixture.Path + "2";
        var databases = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => SqliteDatabase.OpenAsync(path, default))));
        foreach (var database in databases)
            database.Dispose();
    }

    [Fact]
    public async Task Write_Always_IsDurableAndWaitsForOtherProcesses() =>
        (await _fixture.Database.WriteAsync(
            connection => (connection.ExecuteScalar<string>("PRAGMA journal_mode"), connection.ExecuteScalar<int>("PRAGMA synchronous"), connection.ExecuteScalar<int>("PRAGMA busy_timeout")),
            default)).ShouldBe(("wal", 2, 10_000));

    [Fact]
    [UnsupportedOSPlatform("windows")]
    public async Task Open_WhateverTheUmask_FilesArePrivateAlsoThoseThatWereNot()
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        await new Inbox(_fixture.Database, SqliteFixture.Cipher).AddAsync(new InboxDelivery("a", ForgeKind.GitHub, "issues", "{}"u8.ToArray(), DateTimeOffset.UnixEpoch), default);
        var files = Directory.GetFiles(Path.GetDirectoryName(_fixture.Path)!);
        files.Select(Path.GetExtension).ShouldBe([".db", ".db-shm", ".db-wal"], ignoreOrder: true);
        files.ShouldAllBe(f => File.GetUnixFileMode(f) == Private);

        foreach (var file in files)
            File.SetUnixFileMode(file, Private | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        using var second = await SqliteDatabase.OpenAsync(_fixture.Path, default);
        files.ShouldAllBe(f => File.GetUnixFileMode(f) == Private);
    }

    [Fact]
    public void OpenReader_Write_IsRefused()
    {
        using var connection = _fixture.Database.OpenReader();
        Should.Throw<SqliteException>(() => connection.Execute("DELETE FROM inbox")).Message.ShouldContain("readonly");
    }

    [Theory]
    [InlineData("this is no database at all, however long it may be, and it is long enough to have a header of a hundred bytes or more")]
    [InlineData("short")]
    public async Task Open_NotADatabase_SaysSoInOneLine(string content)
    {
        var path = _fixture.Path + "3";
        await File.WriteAllTextAsync(path, content);
        var e = await Should.ThrowAsync<StorageException>(() => SqliteDatabase.OpenAsync(path, default));
        e.Message.ShouldContain(path);
        e.Message.ShouldContain("damaged or not a database");
        e.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Open_DamagedPages_SaysSoInOneLine()
    {
        var artifacts = new ArtifactStore(_fixture.Database, SqliteFixture.Cipher);
        for (var i = 0; i < 20; i++)
            await artifacts.PutAsync(Encoding.UTF8.GetBytes(new string((char)('a' + i), 9_000)), default);
        _fixture.Tamper("PRAGMA wal_checkpoint(TRUNCATE)");
        _fixture.Database.Dispose();
        await using (var file = File.OpenWrite(_fixture.Path))
        {
            file.Position = 4096;
            await file.WriteAsync(new byte[4096 * 6]);
        }

        var e = await Should.ThrowAsync<StorageException>(() => SqliteDatabase.OpenAsync(_fixture.Path, default));
        e.Message.ShouldContain("damaged or not a database");
        e.Message.ShouldNotContain("\n");
    }

    [Fact]
    public async Task Open_FromANewerProgram_IsRefused()
    {
        _fixture.Tamper("INSERT INTO schema_version (version, name) VALUES (9999, 'future')");
        (await Should.ThrowAsync<StorageException>(() => SqliteDatabase.OpenAsync(_fixture.Path, default))).Message.ShouldContain("9999");
    }

    [Fact]
    public async Task Open_PathThatCannotBe_SaysSoInOneLine()
    {
        var file = _fixture.Path + "4";
        await File.WriteAllTextAsync(file, "");
        var e = await Should.ThrowAsync<StorageException>(() => SqliteDatabase.OpenAsync(System.IO.Path.Combine(file, "x.db"), default));
        e.Message.ShouldContain("cannot be opened");
    }
}
