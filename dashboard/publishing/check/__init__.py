"""What is wrong with a module. Start reading at `check.py`.

``static``    checks that read files and run nothing
``contract``  checks that run the module in containers
"""
