-- The service's own requests. The pair is a tracked one or empty, so that callers cannot fill the dictionary with names.
CREATE TABLE IF NOT EXISTS api_requests{local}{on_cluster}
(
    at DateTime64(3, 'UTC') CODEC(DoubleDelta, ZSTD(1)),
    route LowCardinality(String),
    pair LowCardinality(String),
    query_hash UInt64 CODEC(ZSTD(1)),
    result_hash UInt64 CODEC(ZSTD(1)),
    unchanged Bool,
    status UInt16 CODEC(ZSTD(1)),
    microseconds UInt32 CODEC(ZSTD(1)),
    client LowCardinality(Nullable(String)),
    sequence UInt64 DEFAULT toUnixTimestamp64Micro(now64(6)) CODEC(DoubleDelta, ZSTD(1)),
    ingested DateTime64(6, 'UTC') DEFAULT now64(6) CODEC(DoubleDelta, ZSTD(1))
)
ENGINE = {replicated}MergeTree
PARTITION BY toYYYYMM(at)
ORDER BY (route, pair, at)
SETTINGS {window}, ttl_only_drop_parts = 1;

-- cluster only
CREATE TABLE IF NOT EXISTS api_requests{on_cluster} AS api_requests{local}
ENGINE = Distributed({cluster}, currentDatabase(), api_requests{local}, cityHash64(route, pair));
