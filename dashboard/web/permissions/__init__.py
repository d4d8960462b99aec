"""The matrix of permissions: who may call which endpoint on whose objects.

`permission` is the form of one row, `rows` has the rows that there are, and every endpoint names one of them.
`document` makes docs/permissions.md of the route table and these rows. What a row says is not enforced here:
`dashboard.auth.policy` does that. The tests try every cell of every endpoint against the application.
"""
