-- Grades the forecasts whose horizons of $h hours begin at the hours from first to end.
WITH $hours,
series AS (
    SELECT {first:Int64} - 168 + toInt64(number) AS hour FROM numbers(toUInt64({end:Int64} + $h - {first:Int64} + 168))
),
known AS (
    SELECT series.hour AS hour, hours.base > 0 AS whole, hours.squares AS squares, hours.base AS base,
        hours.last AS last, if(hours.base > 0, hours.low, inf) AS low
    FROM series LEFT JOIN hours ON hours.hour = series.hour
),
sums AS (
    SELECT hour, base, sum(whole) OVER ahead AS whole_ahead, sum(squares) OVER ahead AS squares_ahead,
        last_value(last) OVER ahead AS last, min(low) OVER ahead AS low,
        [sum(whole) OVER past_1, sum(whole) OVER past_4, sum(whole) OVER past_24, sum(whole) OVER past_168] AS past,
        [sum(squares) OVER past_1, sum(squares) OVER past_4, sum(squares) OVER past_24, sum(squares) OVER past_168]
            AS past_squares,
        [1, 4, 24, 152] AS least
    FROM known
    WINDOW ahead AS (ORDER BY hour ROWS BETWEEN CURRENT ROW AND $h - 1 FOLLOWING),
        past_1 AS (ORDER BY hour ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING),
        past_4 AS (ORDER BY hour ROWS BETWEEN 4 PRECEDING AND 1 PRECEDING),
        past_24 AS (ORDER BY hour ROWS BETWEEN 24 PRECEDING AND 1 PRECEDING),
        past_168 AS (ORDER BY hour ROWS BETWEEN 168 PRECEDING AND 1 PRECEDING)
),
-- A market that does not move counts as one that moves by 0.001 %.
outcomes AS (
    SELECT hour, whole_ahead = $h AS is_whole, squares_ahead AS variance,
        log(greatest(squares_ahead / (12 * $h), 1e-10)) AS y,
        if(whole_ahead = 0, nan, squares_ahead / whole_ahead) AS roughness,
        last / base - 1 AS change, log(base / least(base, low)) AS fall,
        arrayMap((n, s, m) -> if(n < m, nan, log(greatest(s / (12 * n), 1e-10))), past, past_squares, least) AS har
    FROM sums WHERE hour >= {first:Int64} AND hour < {end:Int64}
),
published AS (
    SELECT intDiv(toUnixTimestamp(bucket), 3600) AS hour, 1 AS is_there, $in_time AS in_time,
        forecast.1 AS is_made, forecast.2 AS coefficients, forecast.3 AS in_sample, forecast_$hh AS values
    FROM $view
    WHERE $market AND bucket >= toDateTime({first:Int64} * 3600, 'UTC')
        AND bucket < toDateTime({end:Int64} * 3600, 'UTC')
),
fits AS (
    SELECT model, intDiv(toUnixTimestamp64Milli(valid_from), 3600000) AS valid_hour, intercept, inputs, season, smear
    FROM rival_fits FINAL WHERE $market AND horizon = '$hh'
),
forecasts AS (
    SELECT o.hour AS hour, o.variance AS variance, o.y AS y, o.roughness AS roughness, o.change AS change,
        o.fall AS fall, o.har AS har, p.coefficients AS coefficients,
        p.values.1 AS volatility, p.values.2 AS expected, p.values.3 AS odds, p.values.4 AS loss,
        multiIf(
            (o.hour + $h) * 3600 + $step > {now:Int64}, 'not_passed',
            p.is_there = 0, 'outage',
            NOT p.in_time, 'late',
            NOT p.is_made OR isNaN(volatility), 'no_forecast',
            p.in_sample, 'in_sample',
            NOT o.is_whole, 'gap',
            'graded') AS reason,
        'har_season' AS model_a, 'persistence' AS model_b
    FROM outcomes AS o LEFT JOIN published AS p ON p.hour = o.hour
),
beside AS (
    SELECT g.hour AS hour, g.variance AS variance, g.y AS y, g.roughness AS roughness, g.change AS change,
        g.fall AS fall, g.coefficients AS coefficients, g.volatility AS volatility, g.expected AS expected,
        g.odds AS odds, g.loss AS loss, g.reason AS reason,
        log(pow(g.volatility, 2) / (12 * $h)) AS own_log, log(g.expected / (12 * $h)) AS own_expected,
        if(empty(a.season), nan, a.intercept + a.season[(g.hour + 72) % 168 + 1]
            + arraySum((c, x) -> c * x, a.inputs, g.har)) AS har_log, har_log + a.smear AS har_expected,
        if(empty(b.season), nan, b.intercept + b.inputs[1] * g.har[$own]) AS past_log,
        past_log + b.smear AS past_expected
    FROM forecasts AS g
    ASOF LEFT JOIN fits AS a ON a.model = g.model_a AND g.hour >= a.valid_hour
    ASOF LEFT JOIN fits AS b ON b.model = g.model_b AND g.hour >= b.valid_hour
),
grades AS (
    SELECT *, reason = 'graded' AS graded, graded AND NOT isNaN(har_log) AND NOT isNaN(past_log) AS compared,
        graded AND NOT isNaN(odds[1]) AND NOT isNaN(loss[1]) AS has_odds,
        graded AND hour % $h = 0 AS is_slot, has_odds AND is_slot AS is_bet,
        arrayMap(depth -> fall > -log(1 - depth), [0.01, 0.02, 0.05]) AS fell,
        change < -loss[1] AS hit_1, change < -loss[2] AS hit_2,
        exp(y - own_expected) - (y - own_expected) - 1 AS own_qlike,
        exp(y - har_expected) - (y - har_expected) - 1 AS har_qlike,
        exp(y - past_expected) - (y - past_expected) - 1 AS past_qlike
    FROM beside
),
-- Tenths as the evaluation of forecasts makes them: the group of the i-th of n values, from 0.
ranked AS (
    SELECT *,
        intDiv(10 * row_number() OVER (PARTITION BY graded ORDER BY volatility, hour) - 1,
            count() OVER (PARTITION BY graded)) AS tenth,
        intDiv(10 * row_number() OVER (PARTITION BY has_odds ORDER BY odds[1], hour) - 1,
            count() OVER (PARTITION BY has_odds)) AS tenth_1,
        intDiv(10 * row_number() OVER (PARTITION BY has_odds ORDER BY odds[2], hour) - 1,
            count() OVER (PARTITION BY has_odds)) AS tenth_2,
        intDiv(10 * row_number() OVER (PARTITION BY has_odds ORDER BY odds[3], hour) - 1,
            count() OVER (PARTITION BY has_odds)) AS tenth_3,
        is_bet AND lagInFrame(hour) OVER bets = hour - $h AS is_successive,
        2 * (lagInFrame(hit_1) OVER bets) + hit_1 AS succession_1,
        2 * (lagInFrame(hit_2) OVER bets) + hit_2 AS succession_2,
        roughness > (SELECT quantileExactIf(0.9)(roughness, NOT isNaN(roughness)) FROM outcomes) AS in_storm
    FROM grades
    WINDOW bets AS (PARTITION BY is_bet ORDER BY hour ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
SELECT key.1 AS kind, key.2 AS name, count(), countIf(in_storm), countIf(graded), countIf(is_slot), countIf(compared),
    min(hour), max(hour),
    varPopStableIf(y, compared),
    sumIf(pow(y - own_log, 2), compared), avgIf(own_qlike, compared),
    sumIf(pow(y - har_log, 2), compared), avgIf(har_qlike, compared),
    sumIf(pow(y - past_log, 2), compared), avgIf(past_qlike, compared),
    varPopStableIf(y, graded), sumIf(pow(y - own_log, 2), graded), avgIf(own_qlike, graded),
    avgIf(expected, graded), avgIf(variance, graded),
    countIf(has_odds),
    [avgIf(odds[1], has_odds), avgIf(odds[2], has_odds), avgIf(odds[3], has_odds)],
    [avgIf(fell[1], has_odds), avgIf(fell[2], has_odds), avgIf(fell[3], has_odds)],
    [avgIf(pow(odds[1] - fell[1], 2), has_odds), avgIf(pow(odds[2] - fell[2], 2), has_odds),
        avgIf(pow(odds[3] - fell[3], 2), has_odds)],
    countIf(is_bet),
    [countIf(is_bet AND hit_1), countIf(is_bet AND hit_2)],
    arrayMap(i -> toUInt64(arrayCount(x -> x = i, groupArrayIf(succession_1, is_successive))), range(4)),
    arrayMap(i -> toUInt64(arrayCount(x -> x = i, groupArrayIf(succession_2, is_successive))), range(4))
FROM ranked ARRAY JOIN [$keys] AS key
WHERE kind != '' GROUP BY kind, name ORDER BY kind, name
