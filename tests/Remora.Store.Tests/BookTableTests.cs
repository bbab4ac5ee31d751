using Remora.Testing;

namespace Remora.Store.Tests;

/// <summary>The history of the books of followed bots.</summary>
public sealed class BookTableTests(Engine engine)
{
    [Fact]
    public async Task A_book_is_stored_once_per_moment_and_unknown_figures_are_null()
    {
        var store = await engine.NewTablesAsync();
        foreach (var i in new[] { 0, 1, 1 })
            await store.Books.AddAsync(Recorded.Book(i));
        var rows = await store.Client.ListAsync(
            "SELECT bot, at, wallet, value_at_risk_95, value_at_risk_99, liquidation_chance, over_limit, answer "
                + "FROM books FINAL ORDER BY at",
            row =>
                (
                    row.String(),
                    row.DateTime64(),
                    row.Float64(),
                    row.Nullable(value => value.Float64()),
                    row.Nullable(value => value.Float64()),
                    row.Nullable(value => value.Float64()),
                    row.Nullable(value => value.Bool()),
                    row.String()
                )
        );
        Assert.Equal(
            [
                ("http://bot:8080", Some.Time.ToDateTimeOffset(), 10_000, 0, null, 0.01, null, "{}"),
                (
                    "http://bot:8080",
                    (Some.Time + TimeSpan.FromHours(1)).ToDateTimeOffset(),
                    10_000,
                    0.02,
                    0.03,
                    null,
                    false,
                    "{}"
                ),
            ],
            rows
        );
    }
}
