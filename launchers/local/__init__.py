"""Supervised processes of this machine: the kind ``process``, and what ``udocker`` shares with it.

Start reading at `launcher`. `supervised` keeps a folder per launch and starts `command_runner` in it, the
program beside each command that outlives the platform, enforces limits, writes the log and records the end.
`launch_folder` and `lock` tell which launches live, `gpus` and `environment` what a command gets.
"""
