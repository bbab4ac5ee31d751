/*
 * remora.h: the engine of Remora as a shared library (libremora.so).
 *
 * An engine assesses one market. It receives closed candles in ascending order and fills columns
 * of assessments: one row per candle, which says only what was known at the candle's close.
 *
 * Rules for every function
 *  - It returns REMORA_OK (0) or an error code. `error` may be NULL; otherwise it receives the code
 *    and a message, and for a candle the row and the column.
 *  - No argument ends the process. A null pointer, a length that does not match, a freed engine, or
 *    an invalid candle is an error. A pointer that is not null must point to as much memory as its
 *    length says.
 *  - A call that fails changes nothing: candles are applied all or none.
 *  - Texts are UTF-8. Times are Unix milliseconds in UTC. Rows count from 0.
 *
 * Threads: functions can be called from any thread, and different engines at the same time. Two
 * calls on one engine at the same time are not allowed: the second returns REMORA_BUSY.
 *
 * Processes: a process made by fork() can use the library if no call was under way at the fork. The
 * library has no threads of its own.
 */
#ifndef REMORA_H
#define REMORA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The version of this interface. It changes when existing calls would break. */
#define REMORA_ABI_VERSION 1

/* The time that is not known, in columns and arguments. */
#define REMORA_NO_TIME INT64_MIN

/* The code of a text that is not known. */
#define REMORA_NO_TEXT (-1)

enum remora_code {
    REMORA_OK = 0,
    REMORA_ARGUMENT = 1,  /* an argument is invalid: null, a length, a column, a policy, a side */
    REMORA_ENGINE = 2,    /* the engine does not exist or was freed */
    REMORA_OPTIONS = 3,   /* the JSON of an engine or of outside values is invalid */
    REMORA_CANDLE = 4,    /* a candle is invalid; see `row` and `column` */
    REMORA_TOO_SMALL = 5, /* the buffer is too small; see the length that was returned */
    REMORA_BUSY = 6,      /* another thread is using the engine */
    REMORA_INTERNAL = 99  /* a defect of the library; free the engine, and report the message */
};

enum remora_side { REMORA_LONG = 0, REMORA_SHORT = 1 };

typedef struct {
    int32_t code;     /* one of remora_code */
    int32_t reserved; /* 0 */
    int64_t row;      /* the row of the candle; -1 if there is none */
    char column[64];  /* the name of the column; empty if there is none */
    char message[512];
} remora_error;

/* An engine. 0 is none. A number is never used again, so a freed engine is always recognised. */
typedef uint64_t remora_engine;

/* A column of the caller: its first value and the number of its values. */
typedef struct {
    const void *data;
    int64_t length;
} remora_array;

/* Candles as columns of equal length: open times (int64_t) and values (double). */
typedef struct {
    remora_array time;
    remora_array open;
    remora_array high;
    remora_array low;
    remora_array close;
    remora_array volume;
} remora_candles;

/*
 * A column of assessments to fill, one value per candle. remora_describe lists the names with their
 * kinds, which define the values. A column of forecasts can also have another key of its table:
 * "forecast_probability_of_drawdown_0.03_4h" is the probability of a fall of more than 3 %.
 *
 *   kind       value      not known
 *   number     double     NaN
 *   integer    int64_t
 *   boolean    uint8_t    (0 or 1)
 *   time       int64_t    REMORA_NO_TIME
 *   text       int32_t    REMORA_NO_TEXT
 *   list       int32_t    (the text of the items, separated by '|')
 *
 * The value of a text is its code; remora_text returns the text of a code.
 */
typedef struct {
    const char *column; /* the name of the column, ended by NUL */
    int32_t policy;     /* the position of the policy in the options of the engine, from 0 */
    int32_t side;       /* one of remora_side */
    void *data;         /* receives the values */
    int64_t bytes;      /* the size of the memory at `data` */
} remora_output;

/* Returns REMORA_ABI_VERSION of the library. */
int32_t remora_abi_version(void);

/*
 * Writes what the library offers as JSON: "columns" (name, kind, optional, depends_on_side),
 * "forecast_columns" (the same), "policies", "timeframes", "outside_kinds", "candle_times", and the
 * past that an engine needs, "base_history_days" and "daily_history_days".
 * `length` (may be NULL) receives the length of the text without the NUL that ends it.
 */
int32_t remora_describe(char *buffer, int64_t capacity, int64_t *length, remora_error *error);

/*
 * Creates an engine. `options` is JSON of `length` bytes, or ended by NUL if `length` is -1:
 *
 *   {
 *     "pair": "BTC/USDT",
 *     "exchange": "binance",             the CCXT id; default "binance"
 *     "timeframe": "5m",                 default: the shortest step between the first candles
 *     "policies": ["remora-1", "{...}"], names of built-in policies, or the JSON of a policy as a
 *                                        text; default: the default policy
 *     "calendar_file": "calendar.csv",   scheduled events (docs/calendar.md); or the events:
 *     "calendar": [{"time": "2026-01-28T19:00:00Z", "announced": "2025-06-01", "name": "..."}],
 *     "shipped_calendar": true,          whether forecasts use the shipped dates; default true
 *     "outside": [                       outside values, each used from the moment it was knowable
 *       {"kind": "fear_greed_daily", "file": "fear-greed.csv"},
 *       {"kind": "funding8h", "base": "BTC", "times": [1704067200000], "values": [0.0001]}
 *     ],
 *     "book_hours": 0                    the hours to keep for remora_book, 0 to 200000; default 0.
 *                                        Correlations need 720; a past day needs all hours since it
 *   }
 */
int32_t remora_create(const char *options, int64_t length, remora_engine *engine,
                      remora_error *error);

/*
 * Seeds the longer timeframes of an engine that has no candle yet: closed hourly and daily candles,
 * ascending, from before the first candle; later ones are ignored. With them, 30 days of candles
 * give what 220 days give without them. Both can be empty. Hourly candles are not used at 1h and
 * longer, daily candles not at 1d.
 */
int32_t remora_seed(remora_engine engine, const remora_candles *hourly,
                    const remora_candles *daily, remora_error *error);

/*
 * Applies closed candles and fills columns. Open times ascend, also from one call to the next.
 * `outputs` may be NULL if `count` is 0. One call with many candles and many calls with one candle
 * give the same values, bit for bit.
 */
int32_t remora_apply(remora_engine engine, const remora_candles *candles,
                     const remora_output *outputs, int64_t count, remora_error *error);

/*
 * Adds outside values: the JSON of a list such as "outside" above. A source that was not in the
 * options of the engine is an error. Values are used from the next candle on.
 */
int32_t remora_observe(remora_engine engine, const char *outside, int64_t length,
                       remora_error *error);

/*
 * Writes the newest assessment as JSON, as the service returns it. `now` is the moment to assess;
 * REMORA_NO_TIME is the close of the last candle.
 */
int32_t remora_json(remora_engine engine, int32_t policy, int32_t side, int64_t now, char *buffer,
                    int64_t capacity, int64_t *length, remora_error *error);

/*
 * Writes what a book can lose, as JSON: the model of docs/portfolio.md over the forecasts of full
 * hours (and the newest one) and over correlations of the 30 days before. The engines, at most
 * 1000, must have been created with "book_hours"; each is one market of the book. `at` is the
 * moment to assess; REMORA_NO_TIME is each engine's newest candle. Weights are signed notionals
 * divided by the wallet. `question` is JSON of `question_length` bytes, or ended by NUL if that
 * is -1:
 *
 *   {
 *     "horizon": "24h",                  or "4h"; default "24h"
 *     "positions": [{"pair": "BTC/USDT", "weight": 0.5}, {"pair": "ETH/USDT", "weight": -0.2}],
 *     "limit": 0.04,                     the value at risk at 95 % to keep; default none
 *     "candidate": {"pair": "SOL/USDT", "side": "long", "size": 0.1}    default none; no size: how
 *   }                                    large it may be
 *
 * The answer: "as_of", "kind", "volatility", "value_at_risk" and "expected_shortfall" (objects with
 * "0.95" and "0.99"), "unknown" (the pairs without an engine or a forecast that is less than an
 * hour old, which no figure counts), "assumed" (the number of correlations that are assumed), and
 * "candidate" with "largest_size", "is_hedge" and "value_at_risk_after" at 95 %. Figures that are
 * not known are null. One call at a time on each engine.
 */
int32_t remora_book(const remora_engine *engines, int64_t count, int64_t at, const char *question,
                    int64_t question_length, char *buffer, int64_t capacity, int64_t *length,
                    remora_error *error);

/* Writes the text of a code of this engine. Codes count from 0. */
int32_t remora_text(remora_engine engine, int32_t code, char *buffer, int64_t capacity,
                    int64_t *length, remora_error *error);

/* Frees an engine. A call on it that is under way ends normally. */
int32_t remora_free(remora_engine engine, remora_error *error);

#ifdef __cplusplus
}
#endif

#endif
