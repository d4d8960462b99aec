"""Pages and API of sources (`sources`) and of acquisitions from them (`acquisitions`).

`messages` has the words for faults and notices.
"""
