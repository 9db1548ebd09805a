"""Words, labels and names of many languages and CMSs, and the matchers compiled from them."""
