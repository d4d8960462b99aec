"""The Universal Worker Service (UWS 1.1) over the platform's jobs: one list for each module.

`jobs` has the lists, `control` what is below a job; `document` makes their XML, `given` makes a request for
a job of the parameters that a client sent, `waiting` waits for a change of phase. Who may do what is decided
where it is for pages and the API.
"""
