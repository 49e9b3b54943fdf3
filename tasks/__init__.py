"""Acts: one thing each, with its policy: again? how long?"""
