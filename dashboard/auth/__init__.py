"""Who acts, and what they may do. No HTTP.

`identity` says who acts: a user id, roles and projects. `policy` is the one set of rules: `may` and
`authorize` answer for one object, `visible` is the SQL condition of a list, `follows` the filter of live
events. `access` reads the ownership of an object from the database and applies the policy to it. `sessions`
keeps the tokens by which an identity is recognised.

Services take an `Identity`. On a laptop it is always `OWNER`, who has every role; accounts add others without
a change of the services. Start reading at `identity`.
"""
