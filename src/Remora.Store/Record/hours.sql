-- The whole hours of a market, numbered since 1970: all candles have volume, and the one before
-- them. Candles of 1m are gathered to 5m and those of 3m to 15m, as for forecasts.
slots AS (
    SELECT intDiv(toUnixTimestamp64Milli(opened), $slot_ms) AS slot, argMax(close, opened) AS last,
        max(high) AS high, min(low) AS low
    FROM candles FINAL
    WHERE $market AND opened >= fromUnixTimestamp64Milli(1000 * {candles_from:Int64}, 'UTC')
        AND opened < fromUnixTimestamp64Milli(1000 * {candles_to:Int64}, 'UTC')
    GROUP BY slot HAVING count() = $parts AND sum(volume) > 0
),
steps AS (
    SELECT slot, last, high, low, lagInFrame(slot) OVER before AS slot_before, lagInFrame(last) OVER before AS base
    FROM slots WINDOW before AS (ORDER BY slot ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
),
hours AS (
    SELECT intDiv(slot, $per_hour) AS hour, sum(pow(log(steps.last / steps.base), 2)) AS squares,
        argMin(steps.base, slot) AS base, argMax(steps.last, slot) AS last, min(steps.low) AS low
    FROM steps WHERE slot_before = slot - 1 GROUP BY hour HAVING count() = $per_hour
)
