-- The forecasts of each full hour, at which their horizons begin, as they were published first.
-- Unknown numbers are NaN. A forecast: volatility, expected variance, probabilities of a fall
-- beyond 1, 2 and 5 %, value at risk of 95 and 99 %.
-- rollup: forecasts
-- source: assessments
-- time: assessed_at
-- ingested: ingested
-- where: published_at IS NOT NULL AND as_of = toStartOfHour(assessed_at)
-- intervals: 1 hour
-- keys: pair, exchange, timeframe
-- partition: month
count() AS assessments,
min(assumeNotNull(published_at)) AS published_first,
argMin(
    (
        ifNull(parseDateTime64BestEffortOrNull(JSONExtractString(answer, 'forecast', 'as_of'), 3, 'UTC') = as_of, 0),
        toString(ifNull(forecast_coefficients, '')),
        JSONExtractBool(answer, 'forecast', 'in_sample')
    ),
    assumeNotNull(published_at)
) AS forecast,
argMin(
    (
        ifNull(forecast_volatility_1h, nan),
        ifNull(forecast_variance_1h, nan),
        arrayMap(fall -> ifNull(JSONExtract(answer, 'forecast', 'horizons', '1h', 'probability_of_drawdown', fall,
            'Nullable(Float64)'), nan), ['0.01', '0.02', '0.05']),
        arrayMap(level -> ifNull(JSONExtract(answer, 'forecast', 'horizons', '1h', 'value_at_risk', level,
            'Nullable(Float64)'), nan), ['0.95', '0.99'])
    ),
    assumeNotNull(published_at)
) AS forecast_1h,
argMin(
    (
        ifNull(forecast_volatility_4h, nan),
        ifNull(forecast_variance_4h, nan),
        arrayMap(fall -> ifNull(JSONExtract(answer, 'forecast', 'horizons', '4h', 'probability_of_drawdown', fall,
            'Nullable(Float64)'), nan), ['0.01', '0.02', '0.05']),
        arrayMap(level -> ifNull(JSONExtract(answer, 'forecast', 'horizons', '4h', 'value_at_risk', level,
            'Nullable(Float64)'), nan), ['0.95', '0.99'])
    ),
    assumeNotNull(published_at)
) AS forecast_4h,
argMin(
    (
        ifNull(forecast_volatility_24h, nan),
        ifNull(forecast_variance_24h, nan),
        arrayMap(fall -> ifNull(JSONExtract(answer, 'forecast', 'horizons', '24h', 'probability_of_drawdown', fall,
            'Nullable(Float64)'), nan), ['0.01', '0.02', '0.05']),
        arrayMap(level -> ifNull(JSONExtract(answer, 'forecast', 'horizons', '24h', 'value_at_risk', level,
            'Nullable(Float64)'), nan), ['0.95', '0.99'])
    ),
    assumeNotNull(published_at)
) AS forecast_24h
