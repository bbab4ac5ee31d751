-- The state of an assessment, and what differs for the short side: the rest is the same for both. Rows of before have null in them.
ALTER TABLE assessments{local}{on_cluster}
    ADD COLUMN IF NOT EXISTS state LowCardinality(Nullable(String)) AFTER stale,
    ADD COLUMN IF NOT EXISTS short_safe_to_trade Nullable(Bool) AFTER flags,
    ADD COLUMN IF NOT EXISTS short_recommendation LowCardinality(Nullable(String)) AFTER short_safe_to_trade,
    ADD COLUMN IF NOT EXISTS short_risk_score Nullable(Float64) CODEC(ZSTD(1)) AFTER short_recommendation,
    ADD COLUMN IF NOT EXISTS short_risk_class LowCardinality(Nullable(String)) AFTER short_risk_score,
    ADD COLUMN IF NOT EXISTS short_position_scale Nullable(Float64) CODEC(ZSTD(1)) AFTER short_risk_class,
    ADD COLUMN IF NOT EXISTS short_part_regime Nullable(Float64) CODEC(ZSTD(1)) AFTER short_position_scale,
    ADD COLUMN IF NOT EXISTS short_part_trend_strength Nullable(Float64) CODEC(ZSTD(1)) AFTER short_part_regime,
    ADD COLUMN IF NOT EXISTS short_part_momentum Nullable(Float64) CODEC(ZSTD(1)) AFTER short_part_trend_strength,
    ADD COLUMN IF NOT EXISTS short_blocked_by Array(LowCardinality(String)) AFTER short_part_momentum;

-- cluster only
ALTER TABLE assessments{on_cluster}
    ADD COLUMN IF NOT EXISTS state LowCardinality(Nullable(String)) AFTER stale,
    ADD COLUMN IF NOT EXISTS short_safe_to_trade Nullable(Bool) AFTER flags,
    ADD COLUMN IF NOT EXISTS short_recommendation LowCardinality(Nullable(String)) AFTER short_safe_to_trade,
    ADD COLUMN IF NOT EXISTS short_risk_score Nullable(Float64) CODEC(ZSTD(1)) AFTER short_recommendation,
    ADD COLUMN IF NOT EXISTS short_risk_class LowCardinality(Nullable(String)) AFTER short_risk_score,
    ADD COLUMN IF NOT EXISTS short_position_scale Nullable(Float64) CODEC(ZSTD(1)) AFTER short_risk_class,
    ADD COLUMN IF NOT EXISTS short_part_regime Nullable(Float64) CODEC(ZSTD(1)) AFTER short_position_scale,
    ADD COLUMN IF NOT EXISTS short_part_trend_strength Nullable(Float64) CODEC(ZSTD(1)) AFTER short_part_regime,
    ADD COLUMN IF NOT EXISTS short_part_momentum Nullable(Float64) CODEC(ZSTD(1)) AFTER short_part_trend_strength,
    ADD COLUMN IF NOT EXISTS short_blocked_by Array(LowCardinality(String)) AFTER short_part_momentum;
