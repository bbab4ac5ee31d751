/*
 * Assesses the candles of a CSV file: time (Unix milliseconds), open, high, low, close, volume,
 * with a header. Prints the last assessment and how many candles were blocked.
 *
 *   cc -I include -o assess assess.c lib/libremora.so -Wl,-rpath,$PWD/lib
 *   ./assess BTC/USDT candles.csv
 */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "remora.h"

static int fail(const char *what, const remora_error *error)
{
    fprintf(stderr, "%s: %s (code %d, row %" PRId64 ", column '%s')\n", what, error->message, error->code,
            error->row, error->column);
    return 1;
}

int main(int count, char **arguments)
{
    if (count != 3) {
        fprintf(stderr, "usage: %s PAIR CANDLES.csv\n", arguments[0]);
        return 2;
    }
    if (remora_abi_version() != REMORA_ABI_VERSION) {
        fprintf(stderr, "libremora.so has another interface than remora.h\n");
        return 2;
    }
    FILE *file = fopen(arguments[2], "r");
    if (!file) {
        perror(arguments[2]);
        return 2;
    }

    int64_t rows = 0, capacity = 1024;
    int64_t *time = malloc(capacity * sizeof *time);
    double *values[5];
    for (int i = 0; i < 5; i++)
        values[i] = malloc(capacity * sizeof **values);
    char line[512];
    while (fgets(line, sizeof line, file)) {
        if (rows == capacity) {
            capacity *= 2;
            time = realloc(time, capacity * sizeof *time);
            for (int i = 0; i < 5; i++)
                values[i] = realloc(values[i], capacity * sizeof **values);
        }
        if (sscanf(line, "%" SCNd64 ",%lf,%lf,%lf,%lf,%lf", &time[rows], &values[0][rows], &values[1][rows],
                   &values[2][rows], &values[3][rows], &values[4][rows]) == 6)
            rows++;
    }
    fclose(file);

    remora_error error;
    remora_engine engine;
    char options[128];
    snprintf(options, sizeof options, "{\"pair\": \"%s\"}", arguments[1]);
    if (remora_create(options, -1, &engine, &error) != REMORA_OK)
        return fail("the engine cannot be created", &error);

    double *score = malloc(rows * sizeof *score);
    uint8_t *safe = malloc(rows * sizeof *safe);
    int32_t *regime = malloc(rows * sizeof *regime);
    remora_candles candles = {
        {time, rows}, {values[0], rows}, {values[1], rows}, {values[2], rows}, {values[3], rows}, {values[4], rows},
    };
    remora_output outputs[] = {
        {"risk_score", 0, REMORA_LONG, score, rows * (int64_t)sizeof *score},
        {"safe_to_trade", 0, REMORA_LONG, safe, rows * (int64_t)sizeof *safe},
        {"regime", 0, REMORA_LONG, regime, rows * (int64_t)sizeof *regime},
    };
    if (remora_apply(engine, &candles, outputs, 3, &error) != REMORA_OK)
        return fail("the candles cannot be assessed", &error);

    int64_t blocked = 0;
    for (int64_t row = 0; row < rows; row++)
        blocked += !safe[row];
    char name[64] = "unknown";
    if (rows > 0 && regime[rows - 1] != REMORA_NO_TEXT)
        remora_text(engine, regime[rows - 1], name, sizeof name, NULL, &error);
    printf("%" PRId64 " candles, %" PRId64 " blocked", rows, blocked);
    if (rows > 0 && isnan(score[rows - 1]))
        printf("; last: score unknown, regime %s\n", name);
    else if (rows > 0)
        printf("; last: score %.17g, regime %s\n", score[rows - 1], name);
    else
        printf("\n");
    return remora_free(engine, &error) == REMORA_OK ? 0 : fail("the engine cannot be freed", &error);
}
