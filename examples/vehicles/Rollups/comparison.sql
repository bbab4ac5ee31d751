-- What inspections say about each car. All of it is exact. The states keep the ids of the vehicles
-- (uniqExact), because a vehicle is tested in many years and must count once over all of them.
-- rollup: comparison
-- source: inspections AS i LEFT ANY JOIN vehicle_car AS v ON v.vehicle_id = i.vehicle_id
-- time: at
-- ingested: ingested
-- intervals: 1 year
-- keys: v.car_id AS car_id
-- partition: year
-- granularity: 4
count() AS tests,
countIf(not i.passed) AS failures,
avg(i.mileage) AS mileage_mean,
min(i.mileage) AS mileage_min,
max(i.mileage) AS mileage_max,
uniqExact(i.vehicle_id) AS vehicles
