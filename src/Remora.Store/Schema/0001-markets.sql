-- Candles, outside values and assessments.
--
-- {on_cluster}, {local}, {replicated} and {window} stand for what differs between one engine and a cluster; see SchemaDialect.
-- Every statement may be run again: a file that was cut off in its middle is simply run once more.

-- A candle that comes twice counts once: the row recorded last stays. By year, since a year of 5-minute candles is 105,120 rows a market.
CREATE TABLE IF NOT EXISTS candles{local}{on_cluster}
(
    exchange LowCardinality(String),
    pair LowCardinality(String),
    timeframe LowCardinality(String),
    opened DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    open Float64 CODEC(Gorilla, ZSTD(1)),
    high Float64 CODEC(Gorilla, ZSTD(1)),
    low Float64 CODEC(Gorilla, ZSTD(1)),
    close Float64 CODEC(Gorilla, ZSTD(1)),
    volume Float64 CODEC(Gorilla, ZSTD(1)),
    sequence UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) CODEC(DoubleDelta, ZSTD(1)),
    ingested DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(sequence)
PARTITION BY toYear(opened)
ORDER BY (exchange, pair, timeframe, opened)
SETTINGS {window}, ttl_only_drop_parts = 1;

-- cluster only
CREATE TABLE IF NOT EXISTS candles{on_cluster} AS candles{local}
ENGINE = Distributed({cluster}, currentDatabase(), candles{local}, cityHash64(exchange, pair, timeframe));

-- Both times of every outside value, so that the past can be asked what it knew. A value that is polled again counts once; a revision is a row of its own.
CREATE TABLE IF NOT EXISTS observations{local}{on_cluster}
(
    signal LowCardinality(String),
    base LowCardinality(Nullable(String)),
    source LowCardinality(String),
    value Float64 CODEC(Gorilla, ZSTD(1)),
    held_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    knowable_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    time_to_live_ms Int64 CODEC(ZSTD(1)),
    sequence UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) CODEC(DoubleDelta, ZSTD(1)),
    ingested DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(sequence)
PARTITION BY toYYYYMM(knowable_at)
ORDER BY (signal, ifNull(base, ''), source, knowable_at, held_at)
SETTINGS {window}, ttl_only_drop_parts = 1;

-- cluster only
CREATE TABLE IF NOT EXISTS observations{on_cluster} AS observations{local}
ENGINE = Distributed({cluster}, currentDatabase(), observations{local}, cityHash64(signal, ifNull(base, '')));

-- Columns for what is asked and rolled up, and the whole answer beside them, byte for byte.
CREATE TABLE IF NOT EXISTS assessments{local}{on_cluster}
(
    exchange LowCardinality(String),
    pair LowCardinality(String),
    timeframe LowCardinality(String),
    policy LowCardinality(String),
    policy_id LowCardinality(String),
    model LowCardinality(String),
    assessed_at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    as_of Nullable(DateTime64(3, 'UTC')) CODEC(DoubleDelta, ZSTD(1)),
    close Nullable(Float64) CODEC(Gorilla, ZSTD(1)),
    safe_to_trade Bool,
    recommendation LowCardinality(String),
    risk_score Nullable(Float64) CODEC(ZSTD(1)),
    risk_class LowCardinality(Nullable(String)),
    risk_confidence Nullable(Float64) CODEC(ZSTD(1)),
    position_scale Nullable(Float64) CODEC(ZSTD(1)),
    regime LowCardinality(Nullable(String)),
    volatility Nullable(Float64) CODEC(ZSTD(1)),
    part_volatility Nullable(Float64) CODEC(ZSTD(1)),
    part_regime Nullable(Float64) CODEC(ZSTD(1)),
    part_trend_strength Nullable(Float64) CODEC(ZSTD(1)),
    part_momentum Nullable(Float64) CODEC(ZSTD(1)),
    part_external Nullable(Float64) CODEC(ZSTD(1)),
    stale Bool,
    blocked_by Array(LowCardinality(String)),
    flags Array(LowCardinality(String)),
    answer String CODEC(ZSTD(3)),
    sequence UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) CODEC(DoubleDelta, ZSTD(1)),
    ingested DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = {replicated}MergeTree
PARTITION BY toYYYYMM(assessed_at)
ORDER BY (pair, exchange, timeframe, policy, assessed_at)
SETTINGS {window}, ttl_only_drop_parts = 1;

-- cluster only
CREATE TABLE IF NOT EXISTS assessments{on_cluster} AS assessments{local}
ENGINE = Distributed({cluster}, currentDatabase(), assessments{local}, cityHash64(exchange, pair, timeframe, policy));
