-- What the open trades of followed bots could lose together, once an hour. The answer has all of it, byte for byte.
CREATE TABLE IF NOT EXISTS books{local}{on_cluster}
(
    bot LowCardinality(String),
    at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    currency LowCardinality(String),
    wallet Float64,
    positions UInt32,
    not_counted UInt32,
    volatility Float64,
    value_at_risk_95 Nullable(Float64),
    value_at_risk_99 Nullable(Float64),
    expected_shortfall_95 Nullable(Float64),
    expected_shortfall_99 Nullable(Float64),
    liquidation_chance Nullable(Float64),
    over_limit Nullable(Bool),
    answer String CODEC(ZSTD(3)),
    sequence UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) CODEC(DoubleDelta, ZSTD(1)),
    ingested DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(sequence)
PARTITION BY toYear(at)
ORDER BY (bot, at)
SETTINGS {window}, ttl_only_drop_parts = 1;

-- cluster only
CREATE TABLE IF NOT EXISTS books{on_cluster} AS books{local}
ENGINE = Distributed({cluster}, currentDatabase(), books{local}, cityHash64(bot));
