"""How far the workers are: what the group has committed, and where partitions end."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import closing

from tocsin_kafka import offsets
from tocsin_kafka.admin import ANSWER_SECONDS, Admin
from tocsin_kafka.consumer import PartitionReader
from tocsin_kafka.settings import Offsets, Partition


class WorkerProgress:
    """The positions of a group in some partitions."""

    def __init__(self, servers: str, group: str, places: Iterable[Partition]) -> None:
        self._servers = servers
        self._admin = Admin(servers)
        self._group = group
        self.places = sorted(places)

    def committed(self) -> Offsets:
        """Where the group is; -1 where it never was."""
        return offsets.group_offsets(self._admin, self._group, self.places)

    def ends(self) -> Offsets:
        """Where the partitions end."""
        return offsets.ends(self._admin, self.places)

    def starts(self) -> Offsets:
        """Where the partitions begin."""
        return offsets.starts(self._admin, self.places)

    def unread(self) -> Offsets:
        """How many events the group has not read, of the partitions where there are any."""
        committed, ends, starts = self.committed(), self.ends(), self.starts()
        behind = {place: ends[place] - max(committed[place], starts[place]) for place in ends}
        return {place: events for place, events in behind.items() if events > 0}

    def oldest(self, places: Iterable[Partition]) -> int | None:
        """When the first event that is unread there was written, in milliseconds since 1970."""
        committed, starts = self.committed(), self.starts()
        wanted = {place: max(committed[place], starts[place]) for place in places}
        if not wanted:
            return None
        with closing(PartitionReader(self._servers, self._group)) as reader:
            reader.assign(wanted)
            return min((read.written for read in reader.first(ANSWER_SECONDS)), default=None)
