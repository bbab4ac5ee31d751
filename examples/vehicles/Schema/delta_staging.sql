-- The tests of a day as the registry sends them: one JSON object per test, with vehicle and
-- defects.
CREATE OR REPLACE TABLE delta_staging
(
    test_id UInt64,
    vehicle_id UInt32,
    make LowCardinality(String),
    model LowCardinality(String),
    fuel LowCardinality(String),
    engine_cc Nullable(UInt16),
    first_use Date,
    at DateTime('UTC'),
    mileage Nullable(UInt32),
    passed Nullable(Bool),
    defects Array(Tuple(defect String, dangerous Bool))
)
ENGINE = MergeTree ORDER BY test_id;
