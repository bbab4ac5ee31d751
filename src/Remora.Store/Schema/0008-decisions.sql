-- Entries that bots wanted, as they report them: allowed, or refused by the guard or a lock. The report has all of it as JSON.
CREATE TABLE IF NOT EXISTS decisions{local}{on_cluster}
(
    id String,
    bot LowCardinality(String),
    exchange LowCardinality(String),
    pair LowCardinality(String),
    timeframe LowCardinality(String),
    side LowCardinality(String),
    at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    verdict LowCardinality(String),
    report String CODEC(ZSTD(3)),
    sequence UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) CODEC(DoubleDelta, ZSTD(1)),
    ingested DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(sequence)
PARTITION BY toYear(at)
ORDER BY id
SETTINGS {window}, ttl_only_drop_parts = 1;

-- cluster only
CREATE TABLE IF NOT EXISTS decisions{on_cluster} AS decisions{local}
ENGINE = Distributed({cluster}, currentDatabase(), decisions{local}, cityHash64(id));
