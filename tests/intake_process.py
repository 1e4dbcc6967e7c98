"""A process that writes alerts of a topic into a database until it is killed.

`python -m intake_process DATABASE SERVERS TOPIC`.
"""

import sys
from functools import partial

from tocsin_server.database import Database
from tocsin_server.ingest.intake import Intake
from tocsin_server.ingest.kafka import KafkaAlerts


def main() -> None:
    """Run it."""
    address, servers, topic = sys.argv[1:]
    database = Database(address)
    stream = partial(KafkaAlerts, database, servers, topic, print)
    Intake(database, stream, lambda: False, print).run()


if __name__ == "__main__":
    main()
