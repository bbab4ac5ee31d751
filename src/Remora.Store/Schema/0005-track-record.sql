-- When an assessment was published, and what its forecasts are graded with. Rows that were computed later, and rows from before, have null in them.
ALTER TABLE assessments{local}{on_cluster}
    ADD COLUMN IF NOT EXISTS published_at Nullable(DateTime64(3, 'UTC')) CODEC(DoubleDelta, ZSTD(1)) AFTER as_of,
    ADD COLUMN IF NOT EXISTS forecast_variance_1h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_volatility_24h,
    ADD COLUMN IF NOT EXISTS forecast_variance_4h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_variance_1h,
    ADD COLUMN IF NOT EXISTS forecast_variance_24h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_variance_4h;

-- cluster only
ALTER TABLE assessments{on_cluster}
    ADD COLUMN IF NOT EXISTS published_at Nullable(DateTime64(3, 'UTC')) CODEC(DoubleDelta, ZSTD(1)) AFTER as_of,
    ADD COLUMN IF NOT EXISTS forecast_variance_1h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_volatility_24h,
    ADD COLUMN IF NOT EXISTS forecast_variance_4h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_variance_1h,
    ADD COLUMN IF NOT EXISTS forecast_variance_24h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_variance_4h;

-- The models that forecasts are compared with, as they were fitted at the time. The hour of the week begins on Monday, 00 UTC.
CREATE TABLE IF NOT EXISTS rival_fits{local}{on_cluster}
(
    exchange LowCardinality(String),
    pair LowCardinality(String),
    timeframe LowCardinality(String),
    model LowCardinality(String),
    horizon LowCardinality(String),
    valid_from DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    intercept Float64,
    inputs Array(Float64),
    season Array(Float64) CODEC(ZSTD(1)),
    smear Float64,
    fitted_hours UInt32,
    sequence UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) CODEC(DoubleDelta, ZSTD(1)),
    ingested DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(sequence)
PARTITION BY toYear(valid_from)
ORDER BY (exchange, pair, timeframe, horizon, model, valid_from)
SETTINGS {window}, ttl_only_drop_parts = 1;

-- cluster only
CREATE TABLE IF NOT EXISTS rival_fits{on_cluster} AS rival_fits{local}
ENGINE = Distributed({cluster}, currentDatabase(), rival_fits{local}, cityHash64(exchange, pair, timeframe));
