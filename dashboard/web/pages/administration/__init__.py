"""The pages of administration: quotas and use, what runs, storage, announcements and maintenance.

Accounts, projects and the audit log, which belong to it too, are in `dashboard.web.pages.people`. Start
reading at `quotas`.
"""
