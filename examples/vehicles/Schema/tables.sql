-- The main tables. Run at every start; each statement ends with a semicolon at the end of a line.

-- What cars are compared by. A few thousand of them.
CREATE TABLE IF NOT EXISTS cars
(
    car_id UInt32,
    make LowCardinality(String),
    model LowCardinality(String),
    fuel LowCardinality(String),
    engine_cc UInt16 COMMENT '0 for electric cars'
)
ENGINE = MergeTree ORDER BY (make, model, fuel, engine_cc);

CREATE TABLE IF NOT EXISTS vehicles
(
    vehicle_id UInt32,
    car_id UInt32,
    first_use Date
)
ENGINE = MergeTree ORDER BY vehicle_id;

-- The same in memory, four bytes per vehicle, for the joins of the views. Reloaded after new
-- vehicles. 'own' is the login that the embedded engine has for its own tables.
CREATE DICTIONARY IF NOT EXISTS vehicle_car (vehicle_id UInt64, car_id UInt32)
PRIMARY KEY vehicle_id SOURCE(CLICKHOUSE(NAME 'own' TABLE 'vehicles'))
LAYOUT(FLAT(MAX_ARRAY_SIZE 100000001)) LIFETIME(0);

-- Ordered as a registry asks for them: the history of one vehicle.
CREATE TABLE IF NOT EXISTS inspections
(
    test_id UInt64,
    vehicle_id UInt32,
    at DateTime('UTC'),
    mileage Nullable(UInt32) COMMENT 'null when the odometer could not be read',
    passed Bool,
    ingested DateTime64(6) DEFAULT now64(6)
)
ENGINE = MergeTree PARTITION BY toYear(at, 'UTC') ORDER BY (vehicle_id, at)
SETTINGS non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS defects
(
    test_id UInt64,
    vehicle_id UInt32,
    at DateTime('UTC') COMMENT 'when the test was',
    defect LowCardinality(String),
    dangerous Bool,
    ingested DateTime64(6) DEFAULT now64(6)
)
ENGINE = MergeTree PARTITION BY toYear(at, 'UTC') ORDER BY (vehicle_id, at)
SETTINGS non_replicated_deduplication_window = 1000;

-- Which deltas have been begun and done, by a digest of their rows.
CREATE TABLE IF NOT EXISTS deltas
(
    digest String,
    step Enum('begun' = 1, 'done' = 2),
    at DateTime64(3) DEFAULT now64(3)
)
ENGINE = MergeTree ORDER BY (digest, at);
