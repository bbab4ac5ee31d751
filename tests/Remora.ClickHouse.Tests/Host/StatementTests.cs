using System.Text;
using Remora.ClickHouseHost.Sql;

namespace Remora.ClickHouse.Tests.Host;

public sealed class StatementTests
{
    [Theory]
    [InlineData("select 1", "Select", null, "select 1")]
    [InlineData(
        "  /* a */ -- b\n with x as (select 1) select * from x format JSON",
        "Select",
        "JSON",
        "  /* a */ -- b\n with x as (select 1) select * from x "
    )]
    [InlineData(
        "(select 1) union all (select 2) format CSV settings max_threads=1;",
        "Select",
        "CSV",
        "(select 1) union all (select 2) "
    )]
    [InlineData("select 1 settings max_threads=1 format CSV", "Select", "CSV", "select 1 settings max_threads=1 ")]
    [InlineData(
        "select format, x from t order by format desc",
        "Select",
        null,
        "select format, x from t order by format desc"
    )]
    [InlineData("select format('{}', 1)", "Select", null, "select format('{}', 1)")]
    [InlineData("select t.format from t", "Select", null, "select t.format from t")]
    [InlineData("select 'a format CSV' ;", "Select", null, "select 'a format CSV' ")]
    [InlineData("select 'it''s \\' format CSV'", "Select", null, "select 'it''s \\' format CSV'")]
    [InlineData("select $a$ format CSV; $a$ format TSV", "Select", "TSV", "select $a$ format CSV; $a$ ")]
    [InlineData("show tables format JSON", "Other", "JSON", "show tables ")]
    [InlineData(
        "with x as (select 1) insert into t select * from x",
        "Other",
        null,
        "with x as (select 1) insert into t select * from x"
    )]
    [InlineData("insert into t select 1", "Other", null, "insert into t select 1")]
    [InlineData("insert into t from infile 'x' format CSV", "Other", null, "insert into t from infile 'x' format CSV")]
    public void Statements_are_classified(string sql, string kind, string? format, string head)
    {
        var bytes = Encoding.UTF8.GetBytes(sql);
        var statement = Statement.Read(bytes);
        Assert.Equal(
            (kind, format, head),
            (statement.Kind.ToString(), statement.Format, Encoding.UTF8.GetString(bytes[..statement.HeadEnd]))
        );
    }

    [Theory]
    [InlineData("insert into t values (1)", "Values", "insert into t ", " (1)")]
    [InlineData("INSERT INTO t (a, b) FORMAT RowBinary\n\n\0", "RowBinary", "INSERT INTO t (a, b) ", "\n\0")]
    [InlineData("insert into t settings a='values' format CSV 1,2", "CSV", "insert into t settings a='values' ", "1,2")]
    [InlineData("insert into values values (1)", "Values", "insert into values ", " (1)")]
    [InlineData("insert into table format (a) format TSV\r\nx", "TSV", "insert into table format (a) ", "x")]
    [InlineData("insert into db.select format JSONEachRow{}", "JSONEachRow", "insert into db.select ", "{}")]
    [InlineData(
        "insert into function file('x', 'CSV') values (1);(2)",
        "Values",
        "insert into function file('x', 'CSV') ",
        " (1);(2)"
    )]
    [InlineData("insert into {t:Identifier} format CSV\n1", "CSV", "insert into {t:Identifier} ", "1")]
    public void The_rows_of_an_insert_start_after_its_format(string sql, string format, string head, string data)
    {
        var bytes = Encoding.UTF8.GetBytes(sql);
        var statement = Statement.Read(bytes);
        Assert.Equal(StatementKind.InsertData, statement.Kind);
        Assert.Equal(
            (format, head, data),
            (
                statement.Format,
                Encoding.UTF8.GetString(bytes[..statement.HeadEnd]),
                Encoding.UTF8.GetString(bytes[statement.DataStart..])
            )
        );
    }

    [Fact]
    public void A_second_statement_and_an_output_file_are_detected()
    {
        Assert.Equal(10, Statement.Read("select 1; drop table t"u8).Second);
        Assert.Null(Statement.Read("select ';' ; -- and no more"u8).Second);
        Assert.True(Statement.Read("select 1 into outfile 'x'"u8).HasOutfile);
    }

    [Fact]
    public void Arbitrary_bytes_are_tokenized_to_the_end()
    {
        var random = new Random(7);
        for (var round = 0; round < 20_000; round++)
        {
            var sql = new byte[random.Next(40)];
            for (var i = 0; i < sql.Length; i++)
                sql[i] = (byte)"select insert into format values '\"`$\\/*-#;(){}[],.\0\n\u00ff"[random.Next(54)];
            var statement = Statement.Read(sql);
            Assert.InRange(statement.HeadEnd, 0, sql.Length);
            Assert.InRange(statement.DataStart, 0, sql.Length);
        }
    }
}
