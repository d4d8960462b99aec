"""Notifications, with a real mail server and a real receiver of webhooks."""
