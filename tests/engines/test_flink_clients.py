"""The clients of Flink's SQL Gateway and cluster, against real ones."""

from collections.abc import Iterator

import pytest

from engines.kafka_io import consume, produce
from tocsin.errors import EngineError
from tocsin_engines import EngineAddresses
from tocsin_flink_sql.client.rest_api import ClusterRest
from tocsin_flink_sql.client.sql_gateway import Gateway

KAFKA_TABLE = """
CREATE TEMPORARY TABLE {name} (action STRING, amount BIGINT) WITH (
  'connector' = 'kafka', 'topic' = '{topic}', 'properties.bootstrap.servers' = '{servers}',
  'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset',
  'format' = 'json'{more})
"""
EXACTLY_ONCE = """,
  'sink.delivery-guarantee' = 'exactly-once', 'sink.transactional-id-prefix' = 'flink-clients',
  'properties.transaction.timeout.ms' = '60000'"""


@pytest.fixture
def gateway(endpoints: EngineAddresses) -> Iterator[Gateway]:
    with Gateway(endpoints.addresses["flink_gateway"]) as session:
        yield session


@pytest.fixture
def cluster(endpoints: EngineAddresses) -> Iterator[ClusterRest]:
    with ClusterRest(endpoints.addresses["flink_rest"]) as client:
        yield client


@pytest.mark.engine
def test_values_come_back_as_they_went_in(gateway: Gateway) -> None:
    rows = gateway.query("SELECT 1, 'ä€😀''', TRUE, CAST(NULL AS STRING), 9223372036854775807;")
    assert rows == [(1, "ä€😀'", True, None, 9223372036854775807)]


@pytest.mark.engine
def test_a_changing_result_is_folded_and_all_pages_are_read(gateway: Gateway) -> None:
    gateway.execute(
        "CREATE TEMPORARY TABLE numbers (n INT) WITH ('connector' = 'datagen',"
        " 'fields.n.kind' = 'sequence', 'fields.n.start' = '1', 'fields.n.end' = '12000')"
    )
    assert len(gateway.query("SELECT n FROM numbers")) == 12_000
    grouped = "SELECT n, COUNT(*) FROM (VALUES (1), (2), (1), (1)) AS t(n) GROUP BY n"
    assert sorted(gateway.query(grouped)) == [(1, 3), (2, 1)]


@pytest.mark.engine
def test_the_settings_of_a_session_hold(endpoints: EngineAddresses) -> None:
    settings = {"pipeline.name": "named by the test", "execution.runtime-mode": "batch"}
    with Gateway(endpoints.addresses["flink_gateway"], settings=settings) as session:
        told: dict[str, str] = dict(session.query("SET"))
    assert told.items() >= settings.items()


@pytest.mark.engine
def test_a_bounded_job_from_kafka_to_kafka(
    endpoints: EngineAddresses, gateway: Gateway, cluster: ClusterRest
) -> None:
    events = [f'{{"action":"{"payout" if n % 3 else "login"}","amount":{n}}}' for n in range(90)]
    produce(endpoints.addresses["kafka"], "clients.in", events)
    for name, topic, more in (("i", "clients.in", ""), ("o", "clients.out", EXACTLY_ONCE)):
        ddl = KAFKA_TABLE.format(
            name=name, topic=topic, servers=endpoints.addresses["kafka"], more=more
        )
        gateway.execute(ddl)
    job = gateway.submit_job("INSERT INTO o SELECT * FROM i WHERE action = 'payout'")
    cluster.wait_finished(job)
    assert cluster.jobs()[job] == "FINISHED"
    assert cluster.root_exception(job) == ""
    expected = [event for n, event in enumerate(events) if n % 3]
    assert consume(endpoints.addresses["kafka"], "clients.out") == expected


@pytest.mark.engine
@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("SELEC 1", "SQL parse failed"),
        ("SELECT 'a", "SQL parse failed. Encountered .* at line 1, column 8"),
        ("SELECT a FROM (VALUES (1)) AS t(b)", "line 1, column 8: Column 'a' not found in any"),
        ("INSERT INTO nowhere SELECT 1", "Cannot find table .*nowhere"),
        ("SELECT * FROM k", "Could not find any factory for identifier 'kafak'"),
        ("SELECT CAST('x' AS INT)", "NumberFormatException: For input string: 'x'"),
    ],
)
def test_a_refusal_is_one_line_and_names_the_statement(
    gateway: Gateway, statement: str, message: str
) -> None:
    gateway.execute("CREATE TEMPORARY TABLE IF NOT EXISTS k (a INT) WITH ('connector' = 'kafak')")
    with pytest.raises(EngineError, match=message) as caught:
        gateway.query(statement)
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 700
    assert caught.value.hint == f"the statement: {statement}"


@pytest.mark.engine
def test_a_failed_job_tells_why(gateway: Gateway, cluster: ClusterRest) -> None:
    gateway.execute("CREATE TEMPORARY TABLE hole (n INT) WITH ('connector' = 'blackhole')")
    job = gateway.submit_job("INSERT INTO hole SELECT CAST(t.v AS INT) FROM (VALUES ('x')) AS t(v)")
    with pytest.raises(EngineError, match=r"ended as FAILED: NumberFormatException.*'x'"):
        cluster.wait_finished(job)
    assert "\n" not in cluster.root_exception(job)


@pytest.mark.engine
def test_an_endless_job_runs_until_it_is_cancelled(gateway: Gateway, cluster: ClusterRest) -> None:
    gateway.execute("CREATE TEMPORARY TABLE ticks (n INT) WITH ('connector' = 'datagen')")
    gateway.execute("CREATE TEMPORARY TABLE hole (n INT) WITH ('connector' = 'blackhole')")
    job = gateway.submit_job("INSERT INTO hole SELECT n FROM ticks")
    assert cluster.wait_for(job, ("RUNNING",)) == "RUNNING"
    with pytest.raises(EngineError, match="is RUNNING, not FINISHED"):
        cluster.wait_finished(job, timeout=0.2)
    cluster.cancel(job)
    assert cluster.job_status(job) == "CANCELED"
    cluster.cancel(job)
    with pytest.raises(EngineError, match="ended as CANCELED"):
        cluster.wait_finished(job)


@pytest.mark.engine
def test_an_endless_result_is_given_up(endpoints: EngineAddresses, cluster: ClusterRest) -> None:
    settings = {"pipeline.name": "given up"}
    with Gateway(endpoints.addresses["flink_gateway"], timeout=10, settings=settings) as session:
        session.execute(
            "CREATE TEMPORARY TABLE slow (n INT)"
            " WITH ('connector' = 'datagen', 'rows-per-second' = '1')"
        )
        handle = session.execute("SELECT n AS given_up FROM slow")
        with pytest.raises(EngineError, match="not finished after 10 s"):
            session.fetch(handle)
    # Giving up asks the cluster to cancel the job; the cluster takes its time.
    (job,) = cluster.named("given up")
    assert cluster.wait_for(job, ("CANCELED",)) == "CANCELED"


@pytest.mark.engine
def test_what_is_not_there_or_not_flink(endpoints: EngineAddresses) -> None:
    for url in ("http://127.0.0.1:1", "nonsense", "http://" + endpoints.addresses["kafka"]):
        with pytest.raises(EngineError, match=f"no SQL Gateway at {url}") as caught, Gateway(url):
            pass
        assert caught.value.hint == "start one with `tocsin engines up flink`"
    with pytest.raises(EngineError, match="no Flink cluster at"):
        ClusterRest("http://127.0.0.1:1").jobs()


@pytest.mark.engine
def test_an_unknown_job_is_an_error(cluster: ClusterRest) -> None:
    with pytest.raises(EngineError, match="Could not find Flink job"):
        cluster.job_status("0" * 32)
