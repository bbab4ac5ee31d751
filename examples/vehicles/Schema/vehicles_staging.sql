-- Vehicles as in the files, with the car as text.
CREATE OR REPLACE TABLE vehicles_staging
(
    vehicle_id UInt32,
    make LowCardinality(String),
    model LowCardinality(String),
    fuel LowCardinality(String),
    engine_cc UInt16,
    first_use Date
)
ENGINE = MergeTree ORDER BY vehicle_id;
