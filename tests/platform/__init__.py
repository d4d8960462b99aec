"""Tests of services that run as a whole: the platform with its pages, or the gateway, over a fake node."""
