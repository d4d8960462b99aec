"""The clients of sources: HTTP and FTP, bounded in size, time and number, each socket checked.

`http` streams answers, `ftp` does the same over the standard library's client in a thread, `clients` holds
both with the limits that the settings give, `turns` is how many requests one host gets at once.
"""
