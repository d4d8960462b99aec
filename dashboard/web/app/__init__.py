"""The aiohttp application.

Routes, middleware, requests, answers, assets. Start reading at ``application``.
"""
