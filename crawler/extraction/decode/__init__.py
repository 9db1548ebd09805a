"""Decoding: the bytes of a page as clean text. Charset, size limits, mojibake, pinyin glosses, metadata, language."""
