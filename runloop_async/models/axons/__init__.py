"""Axons, their events and their databases."""

from runloop_async.models.axons.axons import (
    AxonCreateParams,
    AxonListParams,
    AxonListView,
    AxonPublishParams,
    AxonSubscribeSseParams,
    AxonUpdateParams,
    AxonView,
    PublishEventOrigin,
    PublishResultView,
)
from runloop_async.models.axons.events import (
    AxonEventListView,
    AxonEventOrigin,
    AxonEventView,
)
from runloop_async.models.axons.sql import (
    SqlBatchParams,
    SqlBatchResultView,
    SqlColumnMetaView,
    SqlQueryResultView,
    SqlResultMetaView,
    SqlStatementParams,
    SqlStepErrorView,
    SqlStepResultView,
)

__all__ = [
    "AxonCreateParams",
    "AxonEventListView",
    "AxonEventOrigin",
    "AxonEventView",
    "AxonListParams",
    "AxonListView",
    "AxonPublishParams",
    "AxonSubscribeSseParams",
    "AxonUpdateParams",
    "AxonView",
    "PublishEventOrigin",
    "PublishResultView",
    "SqlBatchParams",
    "SqlBatchResultView",
    "SqlColumnMetaView",
    "SqlQueryResultView",
    "SqlResultMetaView",
    "SqlStatementParams",
    "SqlStepErrorView",
    "SqlStepResultView",
]
