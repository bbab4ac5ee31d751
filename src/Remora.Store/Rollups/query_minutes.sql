-- The rollup queries by the minute. Kept only if keep_query_minutes says so, because it can cost
-- more than a tenth of recording.
-- rollup: query_minutes
-- source: api_requests
-- time: at
-- ingested: ingested
-- where: status < 400
-- intervals: 1 minute
-- keys: route, pair, query_hash
-- partition: month
count() AS calls,
countIf(unchanged) AS unchanged,
uniqCombined(14)(result_hash) AS results,
avg(microseconds) AS microseconds_mean
