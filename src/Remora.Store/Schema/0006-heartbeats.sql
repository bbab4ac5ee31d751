-- One row for each minute at whose start the service ran, for its availability.
CREATE TABLE IF NOT EXISTS heartbeats{local}{on_cluster}
(
    at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    ready Bool,
    sequence UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) CODEC(DoubleDelta, ZSTD(1)),
    ingested DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = {replicated}ReplacingMergeTree(sequence)
PARTITION BY toYear(at)
ORDER BY at
SETTINGS {window}, ttl_only_drop_parts = 1;

-- cluster only
CREATE TABLE IF NOT EXISTS heartbeats{on_cluster} AS heartbeats{local}
ENGINE = Distributed({cluster}, currentDatabase(), heartbeats{local}, cityHash64(at));
