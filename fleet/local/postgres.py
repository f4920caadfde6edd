"""A private TimescaleDB on PostgreSQL 17, on loopback, with passwords of its own."""

from __future__ import annotations

import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psutil
import psycopg
from psycopg import sql

from fleet.local.account import Account, engine_account, hand_over, launcher, private_folder, require_named
from fleet.local.engines import Engines
from fleet.local.errors import ServiceFailedError
from fleet.local.ports import remembered_port
from fleet.local.secrets import SecretFile
from fleet.local.service import ServiceSpec, engine_environment

SUPERUSER = "motorpool"
DATABASE = "motorpool"
PROCESS_ROLES = (
    "motorpool_api",
    "motorpool_ingest",
    "motorpool_planner",
    "motorpool_supervision",
    "motorpool_worker",
)


@dataclass(frozen=True)
class PostgresServer:
    """One cluster below `folder`; `url(database)` is its owner's connection string."""

    folder: Path
    engines: Engines
    port: int
    password: str
    account: Account
    shared_buffers_mb: int
    max_connections: int = 120

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    def url(self, database: str = DATABASE) -> str:
        return f"postgresql://{SUPERUSER}:{self.password}@127.0.0.1:{self.port}/{database}"

    def service(self) -> ServiceSpec:
        return ServiceSpec(
            name="database",
            argv=(str(self.engines.postgres_bin / "postgres"), "-D", str(self.cluster)),
            env=engine_environment(),
            ready=self.is_ready,
            account=self.account,
            prepare=self._prepare,
            stop_signal=signal.SIGINT,  # fast shutdown: disconnect clients, checkpoint
            stop_seconds=30,
        )

    def is_ready(self) -> bool:
        try:
            psycopg.connect(self.url("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def ensure_database(self, database: str = DATABASE) -> str:
        """Create `database` if it is missing; returns its URL."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone()
            if found is None:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
        return self.url(database)

    def _prepare(self) -> None:
        if not (self.cluster / "PG_VERSION").exists():
            self._initialise()
        self._configure()

    def _initialise(self) -> None:
        require_named(self.account)
        private_folder(self.folder, self.account)
        half_made = self.folder / "cluster.part"
        shutil.rmtree(half_made, ignore_errors=True)
        password_file = self.folder / "password"
        password_file.write_text(self.password)
        hand_over(password_file, self.account)
        argv = [
            *launcher(self.account, "TERM"),
            *(str(self.engines.postgres_bin / "initdb"), "-D", str(half_made), "--username", SUPERUSER),
            *(
                "--pwfile",
                str(password_file),
                "--auth",
                "scram-sha-256",
                "--encoding",
                "UTF8",
                "--data-checksums",
            ),
            *("--locale", "C", "--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"),
        ]
        done = subprocess.run(
            argv, env=engine_environment(), cwd="/", capture_output=True, text=True, check=False
        )
        password_file.unlink()
        if done.returncode != 0:
            raise ServiceFailedError(
                f"initdb failed in {self.folder}: {done.stderr.strip()[-400:]}",
                "If the disk is full, free some space; else delete that folder and start again.",
            )
        half_made.rename(self.cluster)

    def _configure(self) -> None:
        access = self.cluster / "pg_hba.conf"
        access.write_text("host all all 127.0.0.1/32 scram-sha-256\n")
        configuration = self.cluster / "postgresql.conf"
        configuration.write_text(
            f"""# Written at every start; use ALTER SYSTEM for settings of your own.
listen_addresses = '127.0.0.1'
port = {self.port}
unix_socket_directories = ''
max_connections = {self.max_connections}
timescaledb.max_background_workers = 0
shared_preload_libraries = 'timescaledb'
timescaledb.telemetry_level = off
shared_buffers = {self.shared_buffers_mb}MB
jit = off
synchronous_commit = on
wal_compression = lz4
max_wal_size = 4GB
checkpoint_timeout = 15min
idle_in_transaction_session_timeout = 10min
password_encryption = scram-sha-256
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %u@%d '
"""
        )
        for file in (access, configuration):
            hand_over(file, self.account)


def local_postgres(data: Path, engines: Engines, secrets: SecretFile) -> PostgresServer:
    """The cluster of a data folder, sized for this machine."""
    memory_mb = psutil.virtual_memory().total // 2**20
    return PostgresServer(
        folder=data / "postgres",
        engines=engines,
        port=remembered_port(data, "database"),
        password=secrets.get("database"),
        account=engine_account(),
        shared_buffers_mb=max(128, min(memory_mb // 8, 2048)),
    )


def allow_login(admin_url: str, role: str, password: str) -> str:
    """Let a process role of the schema log in with `password`; returns the URL it connects with."""
    with psycopg.connect(admin_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("ALTER ROLE {} LOGIN PASSWORD {}").format(sql.Identifier(role), sql.Literal(password))
        )
    parts = urlsplit(admin_url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=f"{role}:{password}@{host}"))
