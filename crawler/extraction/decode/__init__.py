"""From the bytes of a page to clean text: charset, input limits, mojibake, pinyin glosses, metadata markup."""
