-- What the service was asked, per route and pair. How many different questions there were is a number here, not a key: a caller can
-- ask a new one with every request.
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
