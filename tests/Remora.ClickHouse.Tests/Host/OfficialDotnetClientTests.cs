extern alias Official;

using Official::ClickHouse.Driver;
using Official::ClickHouse.Driver.Utility;
using Remora.ClickHouse.Embedded;
using OfficialClient = Official::ClickHouse.Driver.ClickHouseClient;
using OfficialConnection = Official::ClickHouse.Driver.ADO.ClickHouseConnection;

namespace Remora.ClickHouse.Tests.Host;

/// <summary>Tests the official .NET client (ClickHouse.Driver) with its default settings.</summary>
public sealed class OfficialDotnetClientTests(Engine engine)
{
    private string Settings =>
        $"Host=127.0.0.1;Port={engine.Embedded.Endpoint.Port};Username={EngineEndpoint.Owner};"
        + $"Password={engine.Password};Database=default";

    [Fact]
    public async Task It_binds_parameters()
    {
        await using var connection = new OfficialConnection(Settings);
        await connection.OpenAsync();
        await using var command = connection.CreateCommand();
        command.CommandText = "SELECT {n:Int64} + 1, {s:String}, {list:Array(String)}, version()";
        command.AddParameter("n", 41L);
        command.AddParameter("s", "x'; DROP TABLE t; --\t\\");
        command.AddParameter("list", new[] { "a'b", "c" });
        await using var reader = await command.ExecuteReaderAsync();
        Assert.True(reader.Read());
        Assert.Equal(42L, reader.GetInt64(0));
        Assert.Equal("x'; DROP TABLE t; --\t\\", reader.GetString(1));
        Assert.Equal(["a'b", "c"], Assert.IsType<string[]>(reader.GetValue(2)));
        Assert.NotEmpty(reader.GetString(3));
        Assert.False(reader.Read());
    }

    [Fact]
    public async Task It_inserts_in_bulk_and_reads()
    {
        const int Rows = 20_000;
        using var client = new OfficialClient(Settings);
        const string Table = "default.official_dotnet";
        await client.ExecuteNonQueryAsync(
            $"CREATE TABLE {Table} (id UInt64, v Float64, s String, t DateTime64(3, 'UTC'), a Array(Int32), "
                + "d Decimal(18, 4), n Nullable(Int32)) ENGINE = MergeTree ORDER BY id"
        );
        var time = new DateTime(2026, 1, 2, 3, 4, 5, 678, DateTimeKind.Utc);
        var rows = Enumerable
            .Range(0, Rows)
            .Select(i =>
                new object[] { (ulong)i, i * 0.5, $"s{i}", time, new[] { i }, 1.5m, i % 2 == 0 ? DBNull.Value : i }
            );
        Assert.Equal(Rows, await client.InsertBinaryAsync(Table, ["id", "v", "s", "t", "a", "d", "n"], rows));

        await using var connection = new OfficialConnection(Settings);
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT * FROM {Table} ORDER BY id";
        await using var reader = await command.ExecuteReaderAsync();
        var read = 0;
        for (; reader.Read(); read++)
        {
            Assert.Equal((ulong)read, reader.GetValue(0));
            Assert.Equal(
                (read * 0.5, $"s{read}", time),
                (reader.GetDouble(1), reader.GetString(2), reader.GetValue(3))
            );
            Assert.Equal([read], Assert.IsType<int[]>(reader.GetValue(4)));
            Assert.Equal((1.5m, read % 2 == 0), (reader.GetDecimal(5), reader.IsDBNull(6)));
        }
        Assert.Equal(Rows, read);
        await client.ExecuteNonQueryAsync($"DROP TABLE {Table} SYNC");
    }

    [Fact]
    public async Task It_reports_an_error_of_a_statement()
    {
        await using var connection = new OfficialConnection(Settings);
        var error = await Assert.ThrowsAsync<ClickHouseServerException>(() =>
            connection.ExecuteScalarAsync("SELECT * FROM nowhere")
        );
        Assert.Equal(60, error.ErrorCode);
    }

    [Fact]
    public async Task It_reports_an_error_in_the_middle_of_an_answer()
    {
        await using var connection = new OfficialConnection(Settings);
        await using var command = connection.CreateCommand();
        command.CommandText =
            "SELECT number, throwIf(number = 2000000) FROM numbers(3000000) SETTINGS max_block_size = 10000";
        var right = 0UL;
        var error = await Assert.ThrowsAsync<ClickHouseServerException>(async () =>
        {
            await using var reader = await command.ExecuteReaderAsync();
            while (await reader.ReadAsync()) // it also makes rows of the error's text
                if (right.Equals(reader.GetValue(0)))
                    right++;
        });
        Assert.Equal(395, error.ErrorCode);
        Assert.InRange(right, 1UL, 2_000_000UL);
    }
}
