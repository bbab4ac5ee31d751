using System.Globalization;

namespace Remora.ClickHouse.Tests.Client;

public sealed class ClientTests(Engine engine)
{
    private static readonly SqlName Table = SqlName.Of("t");

    [Fact]
    public async Task Every_type_survives_a_round_trip()
    {
        using var client = await engine.NewDatabaseAsync();
        await client.ExecuteAsync(
            """
            CREATE TABLE t (u8 UInt8, i64 Int64, f Float64, b Bool, s String, lc LowCardinality(String), fs FixedString(4), d Date, dt DateTime, d3 DateTime64(3),
                d6 DateTime64(6, 'UTC'), id UUID, nf Nullable(Float64), ns Nullable(String), a Array(Float64), an Array(Nullable(String))) ENGINE = MergeTree ORDER BY u8
            """
        );
        var time = new DateTimeOffset(2024, 5, 6, 7, 8, 9, 123, TimeSpan.Zero).AddMicroseconds(456);
        var id = Guid.Parse("01234567-89ab-cdef-0123-456789abcdef");
        var columns = "u8 i64 f b s lc fs d dt d3 d6 id nf ns a an".Split(' ').Select(SqlName.Of).ToList();
        await client.InsertAsync(
            Table,
            columns,
            [1, 2],
            (row, number) =>
            {
                row.UInt8((byte)number);
                row.Int64(long.MinValue);
                row.Float64(0.1);
                row.Bool(true);
                row.String("zero\0, newline\n, é, 'quotes'");
                row.String("low");
                row.FixedString("ab"u8, 4);
                row.Date(new(2024, 5, 6));
                row.DateTime(time);
                row.DateTime64Milliseconds(time);
                row.DateTime64Microseconds(time);
                row.Uuid(id);
                row.NullableFloat64(number == 1 ? null : double.NaN);
                row.NullableString(number == 1 ? null : "there");
                row.Count(2);
                row.Float64(1);
                row.Float64(2);
                row.Count(2);
                row.NullableString(null);
                row.NullableString("x");
            }
        );
        var rows = await client.ListAsync(
            "SELECT * FROM t ORDER BY u8",
            row =>
                (
                    row.UInt8(),
                    row.Int64(),
                    row.Float64(),
                    row.Bool(),
                    row.String(),
                    row.String(),
                    row.String(),
                    row.Date(),
                    row.DateTime(),
                    row.DateTime64(),
                    row.DateTime64(),
                    row.Uuid(),
                    row.Nullable(r => r.Float64()),
                    row.NullableString(),
                    string.Join(',', row.Array(r => r.Float64())),
                    string.Join(',', row.Array(r => r.NullableString() ?? "null"))
                )
        );
        var seconds = new DateTimeOffset(2024, 5, 6, 7, 8, 9, TimeSpan.Zero);
        Assert.Equal(
            [
                (
                    1,
                    long.MinValue,
                    0.1,
                    true,
                    "zero\0, newline\n, é, 'quotes'",
                    "low",
                    "ab\0\0",
                    new(2024, 5, 6),
                    seconds,
                    seconds.AddMilliseconds(123),
                    time,
                    id,
                    null,
                    null,
                    "1,2",
                    "null,x"
                ),
                (
                    2,
                    long.MinValue,
                    0.1,
                    true,
                    "zero\0, newline\n, é, 'quotes'",
                    "low",
                    "ab\0\0",
                    new(2024, 5, 6),
                    seconds,
                    seconds.AddMilliseconds(123),
                    time,
                    id,
                    double.NaN,
                    "there",
                    "1,2",
                    "null,x"
                ),
            ],
            rows
        );
        Assert.Equal(
            id.ToString(),
            await client.SingleAsync("SELECT toString(id) FROM t LIMIT 1", row => row.String())
        );
    }

    [Fact]
    public async Task A_function_that_reads_rows_may_refuse_what_has_not_arrived()
    {
        using var client = await engine.NewDatabaseAsync();
        var sum = 0L;
        await foreach (
            var number in client.QueryAsync(
                "SELECT toString(number) FROM numbers(200000)",
                row => long.Parse(row.String(), CultureInfo.InvariantCulture) // fails for an empty text
            )
        )
            sum += number;
        Assert.Equal(199_999L * 100_000, sum);
    }

    [Fact]
    public async Task Long_results_and_rows_longer_than_a_buffer_are_read()
    {
        using var client = await engine.NewDatabaseAsync();
        ulong sum = 0,
            count = 0;
        await foreach (
            var number in client.QueryAsync(
                "SELECT number, toString(number) FROM numbers(1000000)",
                row => (row.UInt64(), row.String().Length)
            )
        )
        {
            sum += number.Item1;
            count++;
        }
        Assert.Equal((1_000_000UL, 499_999_500_000UL), (count, sum));
        Assert.Equal(3_000_000, await client.SingleAsync("SELECT repeat('abc', 1000000)", row => row.String().Length));
        Assert.Equal(
            400_000,
            await client.SingleAsync("SELECT range(400000::UInt64)", row => row.Array(r => r.UInt64()).Length)
        );
    }

    [Fact]
    public async Task Empty_results_are_empty()
    {
        using var client = await engine.NewDatabaseAsync();
        Assert.Empty(await client.ListAsync("SELECT number FROM numbers(0)", row => row.UInt64()));
        await client.ExecuteAsync("CREATE TABLE t (a UInt8) ENGINE = MergeTree ORDER BY a");
        var nothing = await client.InsertAsync(
            Table,
            [SqlName.Of("a")],
            Array.Empty<byte>(),
            (row, value) => row.UInt8(value)
        );
        Assert.Equal(0, nothing.WrittenRows);
    }

    [Fact]
    public async Task Reading_a_wrong_type_or_number_of_columns_is_refused()
    {
        using var client = await engine.NewDatabaseAsync();
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() =>
            client.ListAsync("SELECT 1::UInt32 AS a", row => row.UInt64())
        );
        Assert.Contains("'a' of type UInt32 was read as UInt64", error.Message);
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            client.ListAsync("SELECT 1::UInt8, 2", row => row.UInt8())
        );
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            client.ListAsync("SELECT 1::UInt8", row => (row.UInt8(), row.UInt8()))
        );
        await Assert.ThrowsAsync<InvalidOperationException>(() =>
            client.ListAsync("SELECT 1::Nullable(UInt8)", row => row.UInt8())
        );
    }

    [Theory]
    [InlineData("x'); DROP TABLE t; --")]
    [InlineData("\\' OR 1=1 \\")]
    [InlineData("tab\t newline\n return\r zero\0 end")]
    [InlineData("{x:String} \"`${}")]
    [InlineData("\\N")]
    public async Task Parameters_are_never_parsed_as_sql(string hostile)
    {
        using var client = await engine.NewDatabaseAsync();
        Assert.Equal(
            hostile,
            await client.SingleAsync("SELECT {v:String}", row => row.String(), new QueryParameters().Add("v", hostile))
        );
        Assert.Equal(
            [hostile, "b"],
            await client.SingleAsync(
                "SELECT {v:Array(String)}",
                row => row.Array(r => r.String()),
                new QueryParameters().Add("v", [hostile, "b"])
            )
        );
    }

    [Fact]
    public async Task Parameters_have_types()
    {
        using var client = await engine.NewDatabaseAsync();
        var time = new DateTimeOffset(2024, 5, 6, 7, 8, 9, 500, TimeSpan.Zero);
        var parameters = new QueryParameters()
            .Add("i", -5)
            .Add("d", 0.1)
            .Add("b", true)
            .Add("t", time)
            .Add("n", (string?)null)
            .Add("s", time.AddMilliseconds(-500));
        var row = await client.SingleAsync(
            "SELECT {i:Int64}, {d:Float64}, {b:Bool}, {t:DateTime64(3)}, {n:Nullable(String)}, {s:DateTime}",
            r => (r.Int64(), r.Float64(), r.Bool(), r.DateTime64(), r.NullableString(), r.DateTime()),
            parameters
        );
        Assert.Equal((-5, 0.1, true, time, null, time.AddMilliseconds(-500)), row);
        Assert.Throws<ArgumentException>(() => new QueryParameters().Add("a b", 1));
    }

    [Fact]
    public async Task Errors_have_a_code_and_a_name()
    {
        using var client = await engine.NewDatabaseAsync();
        var error = await Assert.ThrowsAsync<ClickHouseException>(() =>
            client.ExecuteAsync("SELECT * FROM nothing_here")
        );
        Assert.Equal((60, "UNKNOWN_TABLE"), (error.Code, error.Name));
        Assert.StartsWith("Unknown table expression identifier 'nothing_here'", error.Message);
        Assert.Equal("x: no proxy", ClickHouseException.Read(" x: no proxy\n").Message);
    }

    [Fact]
    public async Task A_query_can_be_cancelled()
    {
        using var client = await engine.NewDatabaseAsync();
        using var giveUp = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            client.ExecuteAsync("SELECT sum(sipHash64(number)) FROM numbers(100000000000)", cancellation: giveUp.Token)
        );
        await Assert.ThrowsAsync<TimeoutException>(() =>
            client.ExecuteAsync(
                "SELECT sum(sipHash64(number)) FROM numbers(100000000000)",
                new QueryOptions { Timeout = TimeSpan.FromMilliseconds(200) }
            )
        );
    }

    [Fact]
    public async Task Queries_run_side_by_side()
    {
        using var client = await engine.NewDatabaseAsync();
        var sums = await Task.WhenAll(
            Enumerable
                .Range(1, 60)
                .Select(n =>
                    client.SingleAsync(
                        "SELECT sum(number) FROM numbers({n:UInt64})",
                        row => row.UInt64(),
                        new QueryParameters().Add("n", n)
                    )
                )
        );
        Assert.Equal(Enumerable.Range(1, 60).Select(n => (ulong)n * (ulong)(n - 1) / 2), sums);
    }

    [Fact]
    public async Task An_interrupted_batch_inserts_no_rows()
    {
        using var client = await engine.NewDatabaseAsync();
        await client.ExecuteAsync("CREATE TABLE t (a UInt32, s String) ENGINE = MergeTree ORDER BY a");
        await Assert.ThrowsAsync<ClickHouseException>(() =>
            client.InsertAsync(
                Table,
                [SqlName.Of("a"), SqlName.Of("s")],
                [1, 2, 3],
                (row, n) =>
                {
                    row.UInt32((uint)n);
                    if (n < 3)
                        row.String("x");
                    else
                        row.UInt8(200);
                }
            )
        );
        Assert.Equal(0UL, await client.SingleAsync("SELECT count() FROM t", row => row.UInt64()));
    }

    [Fact]
    public async Task A_batch_with_a_token_counts_once_through_views_and_equal_batches_count_twice()
    {
        using var client = await engine.NewDatabaseAsync();
        await client.ExecuteAsync(
            "CREATE TABLE t (a UInt32) ENGINE = MergeTree ORDER BY a SETTINGS non_replicated_deduplication_window = 100"
        );
        await client.ExecuteAsync(
            "CREATE TABLE sums (k UInt32, n SimpleAggregateFunction(sum, UInt64)) ENGINE = AggregatingMergeTree "
                + "ORDER BY k SETTINGS non_replicated_deduplication_window = 100"
        );
        await client.ExecuteAsync(
            "CREATE MATERIALIZED VIEW first_mv TO sums AS SELECT intDiv(a, 10) AS k, count() AS n FROM t GROUP BY k"
        );
        await client.ExecuteAsync(
            "CREATE TABLE sums2 (k UInt32, n SimpleAggregateFunction(sum, UInt64)) ENGINE = AggregatingMergeTree "
                + "ORDER BY k SETTINGS non_replicated_deduplication_window = 100"
        );
        await client.ExecuteAsync(
            "CREATE MATERIALIZED VIEW second_mv TO sums2 AS SELECT intDiv(k, 10) AS k, sum(n) AS n FROM sums GROUP BY k"
        );
        var rows = Enumerable.Range(0, 5000).ToList();

        for (var attempt = 0; attempt < 3; attempt++)
            await Insert("batch-1");
        Assert.Equal((5000UL, 5000UL, 5000UL), await Counts());
        await Insert("batch-2"); // equal rows as an intended second batch
        Assert.Equal((10_000UL, 10_000UL, 10_000UL), await Counts());
        await Insert(null);
        await Insert(null);
        Assert.Equal((20_000UL, 20_000UL, 20_000UL), await Counts());

        Task Insert(string? token) =>
            client.InsertAsync(Table, [SqlName.Of("a")], rows, (row, n) => row.UInt32((uint)n), token);

        Task<(ulong, ulong, ulong)> Counts() =>
            client.SingleAsync(
                "SELECT (SELECT count() FROM t)::UInt64, (SELECT sum(n) FROM sums)::UInt64, (SELECT sum(n) FROM "
                    + "sums2)::UInt64",
                row => (row.UInt64(), row.UInt64(), row.UInt64())
            );
    }

    [Fact]
    public async Task A_file_in_any_format_is_inserted_as_a_stream()
    {
        using var client = await engine.NewDatabaseAsync();
        await client.ExecuteAsync("CREATE TABLE t (number UInt64) ENGINE = MergeTree ORDER BY number");
        using var file = new MemoryStream();
        await using (var parquet = await client.StreamAsync("SELECT number FROM numbers(100000)", "Parquet"))
            await parquet.CopyToAsync(file);
        file.Position = 0;
        await client.InsertStreamAsync("INSERT INTO t FORMAT Parquet", file);
        Assert.Equal(
            (100_000UL, 4_999_950_000UL),
            await client.SingleAsync("SELECT count(), sum(number) FROM t", row => (row.UInt64(), row.UInt64()))
        );
    }

    [Theory]
    [InlineData("http://user:pa%40ss@host:8123/db", "http://host:8123/", "user", "pa@ss", "db")]
    [InlineData("https://host", "https://host/", null, null, "default")]
    public void A_url_contains_all_options(string text, string url, string? user, string? password, string database)
    {
        var options = ClickHouseOptions.FromUrl(text);
        Assert.Equal(
            (url, user, password, database),
            (options.Url!.ToString(), options.User, options.Password, options.Database)
        );
    }

    [Fact]
    public void Names_are_restricted()
    {
        foreach (var bad in new[] { "", "a b", "a;b", "`a`", "1a", "a.b", new string('a', 200) })
            Assert.False(SqlName.TryParse(bad, out _));
        Assert.Equal("`risk_1m_tt`", SqlName.Of("risk_1m_tt").Quoted);
        Assert.Throws<FormatException>(() => ClickHouseOptions.FromUrl("ftp://host"));
    }
}
