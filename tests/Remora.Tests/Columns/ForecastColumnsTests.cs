using Remora.Columns;

namespace Remora.Tests.Columns;

public sealed class ForecastColumnsTests
{
    [Fact]
    public void Every_column_is_found_by_its_name()
    {
        Assert.True(ForecastColumns.All.Count > 100);
        foreach (var column in ForecastColumns.All)
        {
            Assert.True(ForecastColumns.TryFind(column.Name, out var found));
            Assert.Same(column, found);
        }
    }

    [Theory]
    [InlineData("forecast_probability_of_drawdown_0.03_4h", true)]
    [InlineData("forecast_probability_of_rally_0.999_24h", true)]
    [InlineData("forecast_expected_shortfall_0.975_1h", true)]
    [InlineData("forecast_return_quantiles_0.333_1h", true)]
    [InlineData("forecast_probability_of_drawdown_0_4h", false)]
    [InlineData("forecast_probability_of_drawdown_1_4h", false)]
    [InlineData("forecast_probability_of_drawdown_-0.1_4h", false)]
    [InlineData("forecast_probability_of_drawdown_1e-3_4h", false)]
    [InlineData("forecast_probability_of_drawdown_NaN_4h", false)]
    [InlineData("forecast_probability_of_drawdown__4h", false)]
    [InlineData("forecast_probability_of_drawdown_4h", false)]
    [InlineData("forecast_probability_of_drawdown_0.03_2h", false)]
    [InlineData("forecast_stop_distances_0.6_4h", false)]
    [InlineData("forecast_short_stop_distances_0.6_4h", false)]
    [InlineData("forecast_value_at_risk_0.4_4h", false)]
    [InlineData("forecast_expected_shortfall_0.9995_4h", false)]
    [InlineData("forecast_factors_moon_4h", false)]
    [InlineData("forecast_", false)]
    [InlineData("", false)]
    public void Another_key_of_a_table_is_found_when_the_table_has_it(string name, bool isFound) =>
        Assert.Equal(isFound, ForecastColumns.TryFind(name, out _));
}
