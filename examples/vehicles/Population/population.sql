-- All values depend only on the seed and the number of the vehicle, so any slice can be generated.
-- 'results' has one row per inspection from {from:Date} until before {until:Date}. A vehicle is
-- tested at an age of three years and then every year until it is scrapped; a failed test is
-- repeated within two weeks.
WITH
    -- The n-th random number of a vehicle, in [0, 1).
    (id, n) -> cityHash64({seed:UInt64}, id, n) / 18446744073709551616. AS u,
    [
        'tyre worn', 'brake pad worn', 'headlamp out', 'wiper torn', 'brake disc corroded', 'suspension bush worn',
        'number plate lamp out', 'exhaust leaks', 'ball joint loose', 'brake hose cracked', 'emissions too high',
        'tyre pressure lamp on', 'windscreen chipped', 'coil spring broken', 'parking brake weak', 'seat belt frayed',
        'shock absorber leaks', 'steering rack loose', 'brake pipe corroded', 'horn silent', 'door will not open',
        'sill corroded', 'engine lamp on', 'fuel cap leaks'
    ] AS kinds,
    born AS (
        SELECT
            toUInt32(number + 1) AS vehicle_id,
            -- Few cars are common, most are rare.
            1 + toUInt32({cars:UInt32} * pow(u(vehicle_id, 1), 1.8)) AS rank,
            toDate('2002-01-01') + toUInt32(u(vehicle_id, 2) * 7900) AS first_use,
            8 + toUInt8(u(vehicle_id, 3) * 12) AS life,
            0.5 + u(vehicle_id, 4) AS use
        FROM numbers({first:UInt64}, {count:UInt64})),
    visits AS (
        SELECT
            b.vehicle_id AS vehicle_id, b.rank AS rank, b.first_use AS first_use,
            c.weakness AS weakness, b.use * c.annual_mileage AS annual, visit,
            addYears(b.first_use, visit) + toIntervalDay(toInt32(u(b.vehicle_id, 100 + visit) * 28)) AS day
        FROM born AS b INNER JOIN population_cars AS c ON c.rank = b.rank ARRAY JOIN range(3, b.life) AS visit
        WHERE day > {from:Date} - 16 AND day < {until:Date}),
    tests AS (
        SELECT
            vehicle_id, rank, first_use, visit, again,
            toUInt32(annual * (visit + 0.2 * u(vehicle_id, 200 + visit))) AS miles,
            u(vehicle_id, 300 + visit) < least(0.85, weakness * (0.05 + visit * 0.018 + miles / 1000000)) AS is_weak,
            again = 0 ? not is_weak : u(vehicle_id, 400 + visit) > 0.15 AS passed,
            toDateTime(day, 'UTC')
                + toIntervalDay(again * (1 + toUInt8(13 * u(vehicle_id, 500 + visit))))
                + toIntervalSecond(28800 + toUInt32(36000 * u(vehicle_id, 600 + visit))) AS at,
            -- Some odometers cannot be read.
            u(vehicle_id, 700 + visit) < 0.004 ? NULL : miles AS mileage
        FROM visits ARRAY JOIN [0, 1] AS again WHERE again = 0 OR is_weak),
    results AS (
        SELECT
            toUInt64(vehicle_id) * 64 + visit * 2 + again AS test_id,
            vehicle_id, rank, first_use, at, mileage, passed::Bool AS passed,
            -- Every car has weak points of its own. Seven and twenty-four share no factor, so no
            -- defect occurs twice in a test.
            passed ? [] : arrayMap(n -> (
                    kinds[1 + (
                        toUInt32(24 * pow(u(vehicle_id, 800 + visit * 2 + again), 2.5)) + rank * 5 + n * 7
                    ) % 24],
                    (u(vehicle_id, 900 + visit * 8 + again * 4 + n) < 0.12)::Bool),
                range(1 + toUInt8(3 * pow(u(vehicle_id, 1100 + visit * 2 + again), 2)))
            )::Array(Tuple(defect String, dangerous Bool)) AS defects
        FROM tests WHERE at >= {from:Date} AND at < {until:Date})
