"""Quotas: how much somebody may have, how much they have, and who may use what is restricted. No HTTP.

`quota` names the quotas and the error of one that is exceeded. `store` keeps the limits of roles, people and
projects, `limits` says which of them hold for somebody. `measure` counts what is there and what ran, from
`usage`, which records each attempt of a job. `service` puts them together: other rooms ask it inside the
transaction that makes something new, so that two requests at once cannot pass one quota together.
`restriction` says who may use a module or node. Start reading at `service`.
"""
