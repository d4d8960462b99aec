"""A client of a Huggins platform, which needs Python alone.

`Huggins` blocks, `AsyncHuggins` is for asyncio; both have the same methods. `Spectrum` goes in and comes out.
Start reading at `operations`: what both do, as requests without any way of sending them.
"""

from huggins_client.asynchronous import AsyncHuggins
from huggins_client.blocking import Huggins
from huggins_client.http import HugginsError
from huggins_client.objects import Answer, Dataset, Job, LabelSet, Module, Session
from huggins_client.spectrum import Spectrum

__all__ = [
    "Answer",
    "AsyncHuggins",
    "Dataset",
    "Huggins",
    "HugginsError",
    "Job",
    "LabelSet",
    "Module",
    "Session",
    "Spectrum",
]
