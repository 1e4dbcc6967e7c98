"""A client of the server's API: `Client(address, token)`."""

from tocsin_client.client import Client
from tocsin_client.events import FindingEvent
from tocsin_client.models import (
    AlertView,
    ChangeView,
    CommentView,
    DeliveryView,
    FindingView,
    HealthView,
    NoiseView,
    SinkView,
    SuppressionView,
    UnreadableView,
)
from tocsin_client.problem import ApiError, ChangedMeanwhileError

__all__ = [
    "AlertView",
    "ApiError",
    "ChangeView",
    "ChangedMeanwhileError",
    "Client",
    "CommentView",
    "DeliveryView",
    "FindingEvent",
    "FindingView",
    "HealthView",
    "NoiseView",
    "SinkView",
    "SuppressionView",
    "UnreadableView",
]
