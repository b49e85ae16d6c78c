"""The fixtures that the other tests stand on."""

import psycopg
import pytest
from playwright.sync_api import Browser
from psycopg import sql

pytestmark = pytest.mark.usefixtures("postgres")


def test_a_fresh_database_is_empty_and_durable(database: str) -> None:
    with psycopg.connect(database) as connection:
        tables = connection.execute("select count(*) from pg_tables where schemaname = 'public'").fetchone()
        settings = connection.execute(
            "select setting from pg_settings"
            " where name in ('fsync', 'full_page_writes', 'synchronous_commit')"
        ).fetchall()
    assert tables == (0,)
    assert settings == [("on",)] * 3


def test_letters_of_vietnamese_names_have_upper_and_lower_case(database: str) -> None:
    with psycopg.connect(database) as connection:
        assert connection.execute("select lower('NGUYỄN THỊ ĐÀO')").fetchone() == ("nguyễn thị đào",)


def test_the_extensions_the_views_need_can_be_made_by_the_owner(database: str) -> None:
    with psycopg.connect(database) as connection:
        for extension in ("pg_trgm", "unaccent", "btree_gin"):
            connection.execute(sql.SQL("create extension {}").format(sql.Identifier(extension)))


def test_the_browser_renders_a_page(browser: Browser) -> None:
    page = browser.new_page()
    page.set_content("<h1>Bệnh án</h1>")
    assert page.inner_text("h1") == "Bệnh án"
    page.close()
