"""Options of the udocker launcher, on this machine or another one."""

from __future__ import annotations

from dataclasses import dataclass

from launchers.options import GpuOptions
from launchers.remote.options import AgentOptions


@dataclass(frozen=True)
class UdockerOptions(GpuOptions, AgentOptions):
    """An agent's, and which graphics processors may be used."""
