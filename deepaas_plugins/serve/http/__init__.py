"""The HTTP process: reads requests, queues calls, answers. Start reading at ``server``."""
