"""Near-duplicate stories: what makes two stories copies of one another. Pure rules, without a database.

`sentences` splits a text into comparable sentences, with keys by which a database finds texts that share one.
`comparison` decides whether two texts are copies, and lists what differs. `credit` says who names whom as the source.
"""
