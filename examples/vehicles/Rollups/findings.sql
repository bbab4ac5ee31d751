-- Which defects were found on each car. Exact.
-- rollup: findings
-- source: defects AS d LEFT ANY JOIN vehicle_car AS v ON v.vehicle_id = d.vehicle_id
-- time: at
-- ingested: ingested
-- intervals: 1 year
-- keys: v.car_id AS car_id, d.defect AS defect
-- partition: year
-- granularity: 256
count() AS found,
countIf(d.dangerous) AS dangerous
