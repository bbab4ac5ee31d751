using Remora.ClickHouse;
using Remora.ClickHouse.Rollups;
using Remora.ClickHouse.Rows;
using Remora.Markets;
using Remora.Store.Schema;
using Remora.Store.Tables;
using Remora.Testing;

namespace Remora.Store.Tests;

[Trait("speed", "slow")]
public sealed class SchemaTests(Engine engine, SchemaTests.Present present) : IClassFixture<SchemaTests.Present>
{
    public static TheoryData<int> EarlierVersions => [.. Enumerable.Range(0, SchemaFile.All.Count + 1)];

    [Theory, MemberData(nameof(EarlierVersions))]
    public async Task Every_earlier_version_becomes_the_present_one(int version)
    {
        var client = await engine.NewDatabaseAsync();
        await new SchemaSteps(client, [.. SchemaFile.All.Take(version)]).ApplyAsync(CancellationToken.None);
        var preparation = await new MarketStore(client, Engine.ForEver).PrepareAsync();
        Assert.Equal(SchemaFile.All.Skip(version).Select(file => file.Name), preparation.Steps);
        Assert.Empty(preparation.Remarks);
        Assert.Equal(await TablesAsync(present.Client), await TablesAsync(client));
        Assert.Empty((await new MarketStore(client, Engine.ForEver).PrepareAsync()).Steps);
        Assert.Equal(SchemaFile.All.Count, (await new MarketStore(client, Engine.ForEver).StatusAsync()).SchemaVersion);
    }

    /// <summary>
    /// All rows of an earlier version remain with equal values, and the rollups can be filled from
    /// them.
    /// </summary>
    [Theory, MemberData(nameof(EarlierVersions))]
    public async Task Rows_of_every_earlier_version_stay_as_they_are(int version)
    {
        var client = await engine.NewDatabaseAsync();
        await new SchemaSteps(client, [.. SchemaFile.All.Take(version)]).ApplyAsync(CancellationToken.None);
        var there = await client.ListAsync(
            "SELECT name FROM system.tables WHERE database = currentDatabase()",
            row => row.String()
        );
        var tables = StoreTable.All.Where(table => there.Contains(table.Name.Value)).ToList();
        await CopyAsync(client, tables);
        var before = new List<(string Question, string Answer)>();
        foreach (var table in tables)
        {
            var columns = await client.ListAsync(
                "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {t:String} ORDER BY "
                    + "position",
                row => row.String(),
                new QueryParameters().Add("t", table.Name.Value)
            );
            var question =
                $"SELECT toString((count(), "
                + $"sum(cityHash64({string.Join(", ", columns.Select(column => SqlName.Of(column).Quoted))})))) FROM "
                + $"{table.Name.Quoted}";
            before.Add((question, await client.SingleAsync(question, row => row.String())));
        }
        Assert.Equal(
            version switch
            {
                0 => 0,
                1 => 3,
                < 5 => 4,
                5 => 5,
                6 => 6,
                7 => 7,
                _ => 8,
            },
            before.Count
        );

        var store = new MarketStore(client, Engine.ForEver);
        await store.PrepareAsync();
        foreach (var (question, answer) in before)
        {
            Assert.StartsWith("(50,", answer);
            Assert.Equal(answer, await client.SingleAsync(question, row => row.String()));
        }
        foreach (var rollup in store.Rollups)
        {
            await rollup.BackfillAsync();
            Assert.True((await rollup.VerifyAsync()).IsExact, rollup.Definition.Name.Value);
        }
        if (tables.Count > 0)
            Assert.Equal(50UL, await client.SingleAsync("SELECT sum(rows) FROM risk_1d", row => row.UInt64()));
        if (tables.Contains(StoreTable.Requests))
            Assert.Equal(50UL, await client.SingleAsync("SELECT sum(rows) FROM traffic_1h", row => row.UInt64()));
    }

    [Fact]
    public void Both_sides_have_the_same_intervals() =>
        Assert.Equal(StoreRollups.IntervalsOf("risk"), StoreRollups.IntervalsOf("risk_short"));

    /// <summary>
    /// A store from before the short side was recorded opens without a remark. The short side
    /// starts with new rows.
    /// </summary>
    [Fact]
    public async Task An_upgrade_adds_the_short_side_and_asks_nothing_of_the_operator()
    {
        var client = await engine.NewDatabaseAsync();
        await new SchemaSteps(client, [.. SchemaFile.All.Take(2)]).ApplyAsync(CancellationToken.None);
        foreach (var definition in StoreRollups.Definitions(new(null), Engine.ForEver))
            if (definition.Name.Value is not ("risk_short" or "forecasts"))
                await new Rollup(client, definition).ApplyAsync();
        await CopyAsync(client, [StoreTable.Assessments]);

        var store = new MarketStore(client, Engine.ForEver);
        Assert.Empty((await store.PrepareAsync()).Remarks);
        var policy = Risk.RiskPolicy.Default.Name;
        Assert.Equal(
            50,
            (await store.Assessments.HistoryOf(Some.Btc, policy, "1d").ListAsync()).Sum(day => day.Assessments)
        );
        Assert.Equal(
            50,
            (await store.Assessments.EachOf(Some.Btc, policy).ListAsync()).Count(row => row.State is null)
        );
        Assert.Empty(await store.Assessments.HistoryOf(Some.Btc, policy, "1d", side: Risk.Side.Short).ListAsync());
        Assert.Empty(await store.Assessments.EachOf(Some.Btc, policy, side: Risk.Side.Short).ListAsync());

        await InsertAsync(client, (Some.Time + TimeSpan.FromDays(2)).ToDateTimeOffset());
        Assert.Equal(
            51,
            (await store.Assessments.HistoryOf(Some.Btc, policy, "1d").ListAsync()).Sum(day => day.Assessments)
        );
        Assert.Equal(
            1,
            Assert
                .Single(await store.Assessments.HistoryOf(Some.Btc, policy, "1d", side: Risk.Side.Short).ListAsync())
                .Assessments
        );
        Assert.Single(await store.Assessments.EachOf(Some.Btc, policy, side: Risk.Side.Short).ListAsync());
        foreach (var rollup in store.Rollups)
            Assert.True((await rollup.VerifyAsync()).IsExact, rollup.Definition.Name.Value);
    }

    [Fact]
    public async Task A_step_that_was_cut_off_anywhere_is_run_again()
    {
        var statements = SchemaFile.All.SelectMany(file => new SchemaDialect(null).Statements(file.Text)).ToList();
        for (var done = 1; done <= statements.Count; done++)
        {
            var client = await engine.NewDatabaseAsync();
            foreach (var statement in statements.Take(done))
                await client.ExecuteAsync(statement);
            Assert.Equal(
                SchemaFile.All.Count,
                (await new SchemaSteps(client, SchemaFile.All).ApplyAsync(CancellationToken.None)).Count
            );
        }
    }

    [Fact]
    public async Task A_newer_database_and_a_changed_step_are_refused()
    {
        var older = new SchemaSteps(present.Client, [.. SchemaFile.All.SkipLast(1)]);
        Assert.Contains(
            "newer",
            (await Assert.ThrowsAsync<StoreException>(() => older.ApplyAsync(CancellationToken.None))).Message
        );
        var changed = new SchemaSteps(
            present.Client,
            [SchemaFile.All[0] with { Text = SchemaFile.All[0].Text + "-- x\n" }, .. SchemaFile.All.Skip(1)]
        );
        Assert.Contains(
            "must never be changed",
            (await Assert.ThrowsAsync<StoreException>(() => changed.ApplyAsync(CancellationToken.None))).Message
        );
    }

    /// <summary>
    /// The schema and the columns of rows are written in two languages, so this compares them.
    /// </summary>
    [Fact]
    public async Task The_schema_has_the_columns_of_the_rows_with_their_types()
    {
        foreach (var table in StoreTable.All)
        {
            var schema = await present.Client.ListAsync(
                "SELECT name || ' ' || type FROM system.columns WHERE database = currentDatabase() AND table = "
                    + "{t:String} AND name != 'ingested'",
                row => row.String(),
                new QueryParameters().Add("t", table.Name.Value)
            );
            Assert.Equal(
                schema.Order(StringComparer.Ordinal),
                table.Columns.Zip(table.Types, (name, type) => $"{name} {type}").Order(StringComparer.Ordinal)
            );
        }
    }

    [Fact]
    public void Steps_are_numbered_without_a_gap() =>
        Assert.Equal(Enumerable.Range(1, SchemaFile.All.Count), SchemaFile.All.Select(file => file.Version));

    /// <summary>Without a cluster, the engine's parser checks the statements for one.</summary>
    [Fact]
    public async Task What_a_cluster_would_be_sent_is_sql()
    {
        var client = await engine.NewDatabaseAsync();
        var dialect = new SchemaDialect("prod");
        var statements = SchemaFile.All.SelectMany(file => dialect.Statements(file.Text)).ToList();
        Assert.Equal(
            StoreTable.All.Count * 2,
            statements.Count(statement => statement.StartsWith("CREATE TABLE", StringComparison.Ordinal))
        );
        // A column must be added to both tables, or readers do not see it
        foreach (var table in (string[])["assessments_local", "assessments"])
            Assert.Single(
                statements,
                statement =>
                    statement.StartsWith($"ALTER TABLE {table} ON CLUSTER", StringComparison.Ordinal)
                    && statement.Contains("short_risk_score")
            );
        foreach (var statement in statements)
        {
            Assert.Contains(" ON CLUSTER `prod`", statement);
            Assert.DoesNotContain("{", statement);
            Assert.NotEmpty(await client.ListAsync("EXPLAIN AST " + statement, row => row.String()));
        }
        Assert.Equal(
            StoreTable.All.Count,
            statements.Count(statement => statement.Contains("ENGINE = Replicated", StringComparison.Ordinal))
        );
        foreach (var table in StoreTable.All)
            Assert.Contains(
                statements,
                statement =>
                    statement.Contains(
                        $"{table.Name} ON CLUSTER `prod` AS {table.Name}_local",
                        StringComparison.Ordinal
                    ) && statement.Contains("Distributed(`prod`", StringComparison.Ordinal)
            );
        Assert.NotEmpty(
            await client.ListAsync(
                $"EXPLAIN AST SELECT * FROM {dialect.OfAllShards("system", "parts")} WHERE active",
                row => row.String()
            )
        );
        Assert.All(
            StoreRollups.Definitions(dialect, new()),
            definition => Assert.EndsWith("_local", definition.Source.Value)
        );
    }

    [Fact]
    public async Task Retention_lets_go_of_what_is_older_and_of_nothing_when_it_is_taken_back()
    {
        var client = await engine.NewDatabaseAsync();
        await new MarketStore(client, Engine.ForEver).PrepareAsync();
        await client.ExecuteAsync("SYSTEM STOP TTL MERGES assessments");
        await InsertAsync(client, DateTimeOffset.UtcNow.AddDays(-400));
        await InsertAsync(client, DateTimeOffset.UtcNow.AddDays(-1));
        var kept = new MarketStore(
            client,
            new()
            {
                Retention = new() { AssessmentDays = 100, RequestDays = 0 },
            }
        );
        await kept.PrepareAsync();
        Assert.Contains("toIntervalDay(100)", await EngineAsync(client));
        await client.ExecuteAsync("SYSTEM START TTL MERGES assessments");
        await client.ExecuteAsync("OPTIMIZE TABLE assessments FINAL");
        Assert.Equal(1UL, await client.SingleAsync("SELECT count() FROM assessments", row => row.UInt64()));
        // The rollup keeps expired rows
        Assert.Equal(2UL, await client.SingleAsync("SELECT sum(rows) FROM risk_1d", row => row.UInt64()));
        Assert.True(
            (await kept.Rollups.Single(rollup => rollup.Definition.Name.Value == "risk").VerifyAsync()).IsExact
        );

        await new MarketStore(client, Engine.ForEver).PrepareAsync();
        Assert.DoesNotContain(" TTL ", await EngineAsync(client));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10_001)]
    public void Retention_out_of_range_is_named(int days)
    {
        using var client = new ClickHouseClient(new() { Url = new("http://localhost:1") });
        Assert.Contains(
            "CandleDays",
            Assert
                .Throws<StoreException>(() =>
                    new MarketStore(client, new() { Retention = new() { CandleDays = days } })
                )
                .Message
        );
    }

    private static Task<string> EngineAsync(ClickHouseClient client) =>
        client.SingleAsync(
            "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name = 'assessments'",
            row => row.String()
        );

    private static Task InsertAsync(ClickHouseClient client, DateTimeOffset at)
    {
        var assessment = Recorded.Assessments(Some.Btc, 1)[0].At(Markets.Instant.From(at), Risk.Side.Long);
        return client.InsertAsync(
            StoreTable.Assessments.Name,
            StoreTable.Assessments.Columns,
            [assessment],
            (row, each) => StoreTable.Assessments.Write(row, BothSides.Of(each), 1)
        );
    }

    /// <summary>
    /// Creates rows as a version with an earlier schema did: those of a current store, copied in
    /// the existing columns.
    /// </summary>
    private async Task CopyAsync(ClickHouseClient client, IReadOnlyList<StoreTable> tables)
    {
        foreach (var table in tables)
        {
            var columns = await client.ListAsync(
                "SELECT name FROM system.columns WHERE database = currentDatabase() AND table = {t:String} ORDER BY "
                    + "position",
                row => row.String(),
                new QueryParameters().Add("t", table.Name.Value)
            );
            var list = string.Join(", ", columns.Select(column => SqlName.Of(column).Quoted));
            await client.ExecuteAsync(
                $"INSERT INTO {table.Name.Quoted} ({list}) SELECT {list} FROM "
                    + $"{SqlName.Of(present.Client.Database).Quoted}.{table.Name.Quoted}"
            );
        }
    }

    private static async Task FillAsync(ClickHouseClient client, StoreTable table)
    {
        var candles = Some.Candles(3, 50, start: Some.Time);
        var assessments = Recorded.Assessments(Some.Btc, 50);
        Action<RowWriter, int> write = table.Name.Value switch
        {
            "candles" => (row, i) => StoreTable.Candles.Write(row, Recorded.Stored(candles[i]), (ulong)i + 1),
            "observations" => (row, i) =>
                StoreTable.Observations.Write(
                    row,
                    Some.Observation(Signal.FearGreed, i, Some.Time + TimeSpan.FromHours(i)),
                    (ulong)i + 1
                ),
            "assessments" => (row, i) => StoreTable.Assessments.Write(row, BothSides.Of(assessments[i]), (ulong)i + 1),
            "api_requests" => (row, i) => StoreTable.Requests.Write(row, Recorded.Request(i), (ulong)i + 1),
            "heartbeats" => (row, i) =>
                StoreTable.Heartbeats.Write(row, new(Some.Time + TimeSpan.FromMinutes(i), true), (ulong)i + 1),
            "rival_fits" => (row, i) => StoreTable.RivalFits.Write(row, Recorded.Fit(i), (ulong)i + 1),
            "books" => (row, i) => StoreTable.Books.Write(row, Recorded.Book(i), (ulong)i + 1),
            "decisions" => (row, i) => StoreTable.Decisions.Write(row, Recorded.Decision(i), (ulong)i + 1),
            var other => throw new InvalidOperationException($"the table {other} is new here: say what a row of it is"),
        };
        await client.InsertAsync(table.Name, table.Columns, Enumerable.Range(0, 50), write);
    }

    private static Task<List<string>> TablesAsync(ClickHouseClient client) =>
        client.ListAsync(
            "SELECT replaceAll(create_table_query, database, '') FROM system.tables WHERE database = "
                + "currentDatabase() AND name != 'schema_steps' ORDER BY name",
            row => row.String()
        );

    /// <summary>A current store with 50 rows in each table, for tests that only read.</summary>
    public sealed class Present(Engine engine) : IAsyncLifetime
    {
        internal ClickHouseClient Client { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            Client = (await engine.NewStoreAsync()).Client;
            foreach (var table in StoreTable.All)
                await FillAsync(Client, table);
        }

        public ValueTask DisposeAsync()
        {
            Client.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
