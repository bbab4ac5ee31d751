-- How large the next moves were expected to be, and by which coefficients. Rows from before have null in them.
ALTER TABLE assessments{local}{on_cluster}
    ADD COLUMN IF NOT EXISTS forecast_volatility_1h Nullable(Float64) CODEC(ZSTD(1)) AFTER state,
    ADD COLUMN IF NOT EXISTS forecast_volatility_4h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_volatility_1h,
    ADD COLUMN IF NOT EXISTS forecast_volatility_24h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_volatility_4h,
    ADD COLUMN IF NOT EXISTS forecast_percentile_1h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_volatility_24h,
    ADD COLUMN IF NOT EXISTS forecast_percentile_4h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_percentile_1h,
    ADD COLUMN IF NOT EXISTS forecast_percentile_24h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_percentile_4h,
    ADD COLUMN IF NOT EXISTS forecast_confidence Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_percentile_24h,
    ADD COLUMN IF NOT EXISTS forecast_coefficients LowCardinality(Nullable(String)) AFTER forecast_confidence;

-- cluster only
ALTER TABLE assessments{on_cluster}
    ADD COLUMN IF NOT EXISTS forecast_volatility_1h Nullable(Float64) CODEC(ZSTD(1)) AFTER state,
    ADD COLUMN IF NOT EXISTS forecast_volatility_4h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_volatility_1h,
    ADD COLUMN IF NOT EXISTS forecast_volatility_24h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_volatility_4h,
    ADD COLUMN IF NOT EXISTS forecast_percentile_1h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_volatility_24h,
    ADD COLUMN IF NOT EXISTS forecast_percentile_4h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_percentile_1h,
    ADD COLUMN IF NOT EXISTS forecast_percentile_24h Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_percentile_4h,
    ADD COLUMN IF NOT EXISTS forecast_confidence Nullable(Float64) CODEC(ZSTD(1)) AFTER forecast_percentile_24h,
    ADD COLUMN IF NOT EXISTS forecast_coefficients LowCardinality(Nullable(String)) AFTER forecast_confidence;
