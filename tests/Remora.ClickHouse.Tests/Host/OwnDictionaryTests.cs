namespace Remora.ClickHouse.Tests.Host;

/// <summary>
/// Tests dictionaries over the engine's own tables, which log in by the named collection 'own'.
/// </summary>
public sealed class OwnDictionaryTests(Engine engine)
{
    [Fact]
    public async Task A_dictionary_reads_a_table_of_the_engine_without_a_password_in_its_definition()
    {
        var client = await engine.NewDatabaseAsync();
        await client.ExecuteAsync("CREATE TABLE cars (id UInt64, car UInt32) ENGINE = MergeTree ORDER BY id");
        await client.ExecuteAsync("INSERT INTO cars VALUES (3, 7)");
        await client.ExecuteAsync(
            "CREATE DICTIONARY car_of (id UInt64, car UInt32) PRIMARY KEY id "
                + $"SOURCE(CLICKHOUSE(NAME 'own' DB '{client.Database}' TABLE 'cars')) LAYOUT(FLAT()) LIFETIME(0)"
        );
        Assert.Equal(7u, await client.SingleAsync("SELECT dictGet('car_of', 'car', 3::UInt64)", row => row.UInt32()));
        var definition = await client.SingleAsync("SHOW CREATE DICTIONARY car_of", row => row.String());
        Assert.Contains("NAME", definition);
        Assert.DoesNotContain(engine.Password, definition);
    }
}
