-- Requests to the service by route and pair. Different queries are counted and are not a key,
-- because callers can send a new query with every request.
-- rollup: traffic
-- source: api_requests
-- time: at
-- ingested: ingested
-- intervals: 1 minute, 1 hour, 6 hours, 12 hours
-- keys: route, pair
-- partition: month
count() AS calls,
countIf(unchanged) AS unchanged,
countIf(status >= 400 and status < 500) AS refused,
countIf(status >= 500) AS errors,
avg(microseconds) AS microseconds_mean,
max(microseconds) AS microseconds_max,
quantilesTDigest(0.5, 0.95, 0.99)(microseconds) AS microseconds_quantiles,
uniqCombined(14)(query_hash) AS queries,
uniqCombined(14)(result_hash) AS results,
uniqCombined(14)(client) AS clients
