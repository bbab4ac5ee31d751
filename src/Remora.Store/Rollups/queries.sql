-- Number of requests and of different responses of each query. Refused requests are excluded, so
-- that they add no keys.
-- rollup: queries
-- source: api_requests
-- time: at
-- ingested: ingested
-- where: status < 400
-- intervals: 1 hour, 6 hours, 12 hours
-- keys: route, pair, query_hash
-- partition: month
count() AS calls,
countIf(unchanged) AS unchanged,
uniqCombined(14)(result_hash) AS results,
avg(microseconds) AS microseconds_mean
