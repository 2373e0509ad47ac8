"""The tables, as numbered steps; `user_version` says how many of them a database has taken."""

from typing import Final

# A step is never edited once released: a change is a new step at the end.
# `sequence` is that of the last event recorded, `offset` the place in the run's event file behind it.
# A charge has no reference to its run, since the ledger outlives the runs that were cleared.
FIRST: Final = (
    """
    create table run (
        number     integer primary key,
        id         text not null unique,
        target     text not null,
        key        text not null,
        verb       text not null,
        state      text not null,
        created    real not null,
        started    real,
        finished   real,
        recipe     text not null,
        caps       text not null,
        progress   text not null,
        usage      text not null,
        candidate  text,
        outcome    text not null,
        sequence   integer not null default 0,
        offset     integer not null default 0
    ) strict
    """,
    "create index run_target on run (target, number)",
    "create index run_key on run (key, number)",
    "create index run_state on run (state)",
    """
    create table trial (
        run     text not null references run (id) on delete cascade,
        number  integer not null,
        score   real not null,
        is_full integer not null,
        best    real,
        at      real not null,
        primary key (run, number)
    ) strict, without rowid
    """,
    """
    create table charge (
        run      text not null,
        sequence integer not null,
        at       real not null,
        target   text not null,
        role     text not null,
        model    text not null,
        input    integer not null,
        output   integer not null,
        micros   integer,
        primary key (run, sequence)
    ) strict, without rowid
    """,
    "create index charge_at on charge (at)",
    "create table trust (root integer primary key check (root = 1), at real not null) strict",
    "create table endpoint (url text primary key, at real not null) strict, without rowid",
)

MIGRATIONS: Final[tuple[tuple[str, ...], ...]] = (FIRST,)
