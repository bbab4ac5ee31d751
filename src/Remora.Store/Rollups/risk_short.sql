-- The rollup risk for the short side. Excludes assessments from before the short side was recorded.
-- rollup: risk_short
-- source: assessments
-- time: assessed_at
-- ingested: ingested
-- where: short_safe_to_trade IS NOT NULL
-- intervals: 1 minute, 1 hour, 6 hours, 12 hours, 1 day
-- keys: pair, exchange, timeframe, policy
-- partition: month
count() AS assessments,
countIf(assumeNotNull(short_safe_to_trade)) AS safe,
countIf(not assumeNotNull(short_safe_to_trade)) AS blocked,
avg(toUInt8(assumeNotNull(short_safe_to_trade))) AS safe_share,
avg(short_risk_score) AS risk_mean,
min(short_risk_score) AS risk_min,
max(short_risk_score) AS risk_max,
quantileTDigest(0.95)(short_risk_score) AS risk_p95,
argMax(short_risk_score, (assessed_at, sequence)) AS risk_last,
avg(part_volatility) AS part_volatility_mean,
avg(short_part_regime) AS part_regime_mean,
avg(short_part_trend_strength) AS part_trend_strength_mean,
avg(short_part_momentum) AS part_momentum_mean,
avg(part_external) AS part_external_mean,
avg(volatility) AS volatility_mean,
max(volatility) AS volatility_max,
min(risk_confidence) AS confidence_min,
min(short_position_scale) AS position_scale_min,
countIf(regime = 'bull') AS regime_bull,
countIf(regime = 'sideways') AS regime_sideways,
countIf(regime = 'bear') AS regime_bear,
countIf(regime = 'choppy') AS regime_choppy,
countIf(regime = 'high_vol') AS regime_high_vol,
countIf(regime = 'panic') AS regime_panic,
countIf(stale) AS stale,
argMax(ifNull(regime, ''), (assessed_at, sequence)) AS regime_last,
argMax(close, (assessed_at, sequence)) AS close_last
