"""What launchers on other machines share.

Start reading at `launcher`: it asks a program on the other machine (`agent`) over a `connection`, by messages
(`framing`) through a shell (`ssh`). `files` and `images` copy what a launch needs; `records` keep where its
results belong on this host; `tunnel` reaches its port. `single_flight` joins concurrent requests.
"""
