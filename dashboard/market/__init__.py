"""What the market tells of modules beside their descriptions: counted and measured by the platform itself.

``figures``      use and leaderboards, counted once a minute. Start here
``popularity``   how much each module is used, and by how many people; who asked to be left out
``stars``        who likes which module
``leaderboard``  scores of trainings on public datasets
``badges``       what the check of a version showed
"""
